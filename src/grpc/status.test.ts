import fc from 'fast-check'
import { expect, test } from 'vitest'
import { statusWithRetryInfo } from '#src/testing/grpc-receiver.ts'
import { readRichStatus, readStatus } from './status.ts'

const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])

test('a status is read from trailers: its name, its message in percent coding, its delay', () => {
  expect(readStatus({})).toBeUndefined()
  expect(readStatus({ 'grpc-status': 'x' })).toBeUndefined()
  expect(readStatus({ 'grpc-status': '14', 'grpc-message': 'sp%C3%A4ter' })).toEqual({
    name: 'unavailable',
    message: 'später',
    retryDelayMs: undefined,
  })
  // What is no percent coding stands for itself, and a code that nobody knows is unknown.
  expect(readStatus({ 'grpc-status': '99', 'grpc-message': '100 % busy' })).toMatchObject({
    name: 'unknown',
    message: '100 % busy',
  })
  const details = statusWithRetryInfo(8, 'quota', 2500).toString('base64').replace(/=+$/, '')
  expect(readStatus({ 'grpc-status': ['8'], 'grpc-status-details-bin': details })?.retryDelayMs).toBe(2500)
})

test('a delay is read whatever it is, and nobody waits longer than a day', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000_000 }), (delayMs) => {
      const { message, retryDelayMs } = readRichStatus(statusWithRetryInfo(14, 'm', delayMs))
      expect([message, Math.round(retryDelayMs ?? -1)]).toEqual(['m', Math.min(delayMs, 86_400_000)])
    }),
  )
  // A duration below zero.
  const negative = Buffer.concat([Buffer.from([0x08]), Buffer.from('ffffffffffffffffff01', 'hex')])
  const any = Buffer.concat([
    field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
    field(2, field(1, negative)),
  ])
  expect(readRichStatus(field(3, any)).retryDelayMs).toBe(0)
})

test('broken bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(() => readRichStatus(Buffer.from(bytes))).not.toThrow()
    }),
  )
  const whole = statusWithRetryInfo(14, 'message', 1000)
  for (let length = 0; length < whole.length; length++)
    expect(() => readRichStatus(whole.subarray(0, length))).not.toThrow()
})
