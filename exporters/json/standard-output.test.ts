import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { StandardOutput } from './standard-output.ts'

test('chunks go to the stream in order, and have arrived when it took them', async () => {
  const stream = new PassThrough()
  const output = new StandardOutput(stream)
  await output.open()
  await output.open()
  expect(await output.write([Buffer.from('a\n'), Buffer.from('b\n')])).toEqual({ whole: 2 })
  await output.sync()
  await output.takeBack()
  await output.close()
  expect(String(stream.read())).toBe('a\nb\n')
  expect(stream.listenerCount('error')).toBe(0)
})

test('a reader that went away is an error of the write, and ends nothing', async () => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const output = new StandardOutput(
    new Writable({
      write(_chunk, _encoding, callback) {
        callback(broken)
      },
    }),
  )
  await output.open()
  expect(await output.write([Buffer.from('a\n')])).toEqual({ whole: 0, error: broken })
})
