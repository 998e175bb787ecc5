import { zstdCompressSync } from 'node:zlib'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { expect, test } from 'vitest'
import { compress } from '#src/remote/snappy.ts'
import { writeRequest } from '#src/testing/remote-write-message.ts'
import { contentTypes, TestReceiver } from '../../receivers/prometheus_remote_write/test-receiver.ts'

const good = { series: [{ labels: ['__name__', 'up'], samples: [{ value: 1, time: 1_700_000_000_000 }] }] }

/** Whether the receiver still takes what is right. */
async function serves(receiver: TestReceiver): Promise<boolean> {
  return (await receiver.push(good)).status === 204
}

/** Sends a body without an end, until the receiver has enough. @returns its status, and how much it took */
async function pour(receiver: TestReceiver, chunk: Buffer): Promise<{ status: number; sent: number }> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const headers = { 'content-type': contentTypes[1], 'content-encoding': 'snappy' }
  const request: ClientRequest = httpRequest(receiver.receiver.location ?? '', { method: 'POST', headers })
  request.on('response', (response) => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
  request.on('error', () => resolve(0))
  const answered = promise.then(() => true)
  let sent = 0
  for (let isOver = false; !isOver && sent < 2 ** 30;) {
    sent += chunk.length
    const written = new Promise<boolean>((resolveWritten) =>
      request.write(chunk, () => resolveWritten(false)),
    )
    isOver = await Promise.race([written, answered])
  }
  request.destroy()
  return { status: await promise, sent }
}

test('67: a body of 1 GB is refused by its length at once, or when it is over the limit', async () => {
  await using receiver = await TestReceiver.start({ max_request_body_size: '1MiB' })
  const status = await new Promise<number>((resolve) => {
    const headers = { 'content-type': contentTypes[1], 'content-length': 2 ** 30 }
    const request = httpRequest(receiver.receiver.location ?? '', { method: 'POST', headers }, (response) => {
      resolve(response.statusCode ?? 0)
      request.destroy()
    })
    request.on('error', () => undefined)
    request.flushHeaders()
  })
  expect(status).toBe(413)
  const poured = await pour(receiver, Buffer.alloc(65_536))
  expect([413, 0]).toContain(poured.status)
  expect(poured.sent).toBeLessThan(64 * 2 ** 20)
  expect(await serves(receiver)).toBe(true)
})

test('67: bombs take no more memory than the limit', async () => {
  await using receiver = await TestReceiver.start({ max_request_body_size: '1MiB' })
  const bomb = zstdCompressSync(Buffer.alloc(512 * 2 ** 20))
  const lying = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x00])
  const liar = Buffer.concat([Buffer.from([0x80, 0x80, 0x40]), compress(Buffer.alloc(10)).subarray(1)])
  const before = process.memoryUsage.rss()
  for (const [encoding, body] of [
    ['zstd', bomb],
    ['snappy', lying],
    ['snappy', liar],
  ] as const) {
    const { status } = await receiver.post(body, {
      'content-type': contentTypes[1],
      'content-encoding': encoding,
    })
    expect([400, 413]).toContain(status)
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 2 ** 20)
  expect(await serves(receiver)).toBe(true)
})

test('67: messages that are nested deeply, groups, and numbers without an end are refused with the place', async () => {
  await using receiver = await TestReceiver.start()
  let nested: Buffer = Buffer.alloc(0)
  for (let depth = 0; depth < 5000; depth++) {
    const length = nested.length
    const header = length < 128 ? [0x0a, length] : [0x0a, (length & 127) | 128, length >> 7]
    nested = Buffer.concat([Buffer.from(header), nested.subarray(0, 16_000)])
  }
  for (const body of [
    nested,
    Buffer.from('0b0b0b0b', 'hex'),
    Buffer.alloc(64, 0xff),
    Buffer.from('0affffffff7f', 'hex'),
  ]) {
    for (const version of [1, 2] as const) {
      const headers = { 'content-type': contentTypes[version], 'content-encoding': 'identity' }
      const { status, text } = await receiver.post(body, headers)
      expect(`${status} ${text}`).toMatch(/^204 |^400 .*(?:byte \d+: expected|has no name)/)
    }
  }
  expect(await serves(receiver)).toBe(true)
})

test('67: a request of one series with 200,000 samples is taken in part, and one with as many labels ends', async () => {
  await using receiver = await TestReceiver.start()
  const samples = Array.from({ length: 200_000 }, (_, time) => ({ value: time, time }))
  const many = await receiver.push({ series: [{ labels: ['__name__', 'up'], samples }] })
  expect([204, 400]).toContain(many.status)
  expect(Number(many.written[0])).toBeGreaterThan(10_000)
  expect(Number(many.written[0])).toBe(receiver.context.next.points)
  const labels = Array.from({ length: 200_000 }, (_, label) => [`l${label}`, 'v']).flat()
  const wide = await receiver.push({
    series: [{ labels: ['__name__', 'up', ...labels], samples: [{ value: 1, time: 1 }] }],
  })
  expect([204, 400]).toContain(wide.status)
  expect(await serves(receiver)).toBe(true)
})

test('61, 67: labels that are names of prototypes are labels', async () => {
  await using receiver = await TestReceiver.start()
  const labels = ['__name__', 'constructor', '__proto__', 'x', 'toString', 'y']
  await receiver.push({
    series: [{ labels, samples: [{ value: 1, time: 1 }] }],
    metadata: [{ family: '__proto__', type: 99, help: 'constructor' }],
  })
  const [batch] = receiver.context.next.batches
  expect([...(batch?.layout.series[0]?.attributes ?? [])]).toEqual([
    ['__proto__', 'x'],
    ['toString', 'y'],
  ])
})

test('67: 1,000 senders that hang up in the middle of a body cost nothing', async () => {
  await using receiver = await TestReceiver.start({ max_inflight_size: '1MiB' })
  const body = compress(writeRequest(good, 1))
  for (let client = 0; client < 1000; client++) {
    const request = httpRequest(receiver.receiver.location ?? '', {
      method: 'POST',
      headers: { 'content-type': contentTypes[1], 'content-encoding': 'snappy', 'content-length': 100_000 },
    })
    request.on('error', () => undefined)
    await new Promise((resolve) => request.write(body, resolve))
    request.destroy()
  }
  await expect.poll(async () => await serves(receiver)).toBe(true)
  expect(receiver.context.next.samples.every(({ name }) => name === 'up')).toBe(true)
})
