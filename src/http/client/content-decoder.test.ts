import {
  constants,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
  type ZstdOptions,
} from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeContentDecoder } from './content-decoder.ts'

const withChecksum: ZstdOptions = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

const compressors: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  'x-gzip': (body) => gzipSync(body),
  GZIP: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
  'deflate, raw': (body) => deflateRawSync(body),
  zstd: (body) => zstdCompressSync(body, withChecksum),
}

/** Decodes a body that comes in pieces of these sizes, taking turns as a connection does. */
function decode(name: string, encoded: Buffer, sizes: readonly number[] = [encoded.length || 1]): Buffer {
  const parts: Buffer[] = []
  const decoder = makeContentDecoder(name.replace(', raw', ''), (buffer, from, to) =>
    parts.push(Buffer.from(buffer.subarray(from, to))),
  )
  if (decoder === undefined) throw new Error('there is a decoder')
  try {
    for (let at = 0, piece = 0; at < encoded.length; piece++) {
      const end = at + (sizes[piece % sizes.length] ?? 1)
      // Amid other bytes, which it must not look at.
      const window = Buffer.concat([Buffer.from('xx'), encoded.subarray(at, end), Buffer.from('yy')])
      decoder.write(window, 2, window.length - 2)
      window.fill('z')
      at = end
    }
    while (decoder.saturated) decoder.drain()
    decoder.end()
    return Buffer.concat(parts)
  } finally {
    decoder.release()
  }
}

const names = Object.keys(compressors)
const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 })

describe.each(names)('%s', (name) => {
  const compress = (body: string | Buffer): Buffer =>
    compressors[name]?.(Buffer.from(body)) ?? Buffer.alloc(0)

  test('gives back what was compressed, however it is cut', () => {
    const body = fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 100 }))
    fc.assert(
      fc.property(body, sizes, ([bytes, times], cut) => {
        const plain = Buffer.concat(Array.from({ length: times }, () => bytes))
        expect(decode(name, compress(plain), cut).equals(plain)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('puts off what takes long, and loses nothing of it', () => {
    const plain = Buffer.from('metric{label="value"} 1\n'.repeat(400_000))
    const encoded = compress(plain)
    expect(decode(name, encoded).equals(plain)).toBe(true)
    expect(decode(name, encoded, [1000]).equals(plain)).toBe(true)
  })

  test('is refused where it is cut off, wherever', () => {
    const encoded = compress('metric 1\n'.repeat(100))
    for (let length = 1; length < encoded.length; length++) {
      expect(() => decode(name, encoded.subarray(0, length))).toThrow(/cannot be decompressed/)
    }
  })

  test('is refused where more follows', () => {
    const encoded = Buffer.concat([compress('metric 1\n'), Buffer.from('garbage')])
    for (const cut of [[encoded.length], [1]]) {
      expect(() => decode(name, encoded, cut)).toThrow(
        expect.objectContaining({ code: 'malformed_encoding' }),
      )
    }
  })

  test('is as good as new after a body that was broken', () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      expect(() => decode(name, Buffer.from([0x78, 1, 2, 3, 4, 5, 6, 7]))).toThrow(/cannot be decompressed/)
      expect(decode(name, compress('metric 1\n')).toString()).toBe('metric 1\n')
    }
  })
})

test.each(['gzip', 'deflate', 'zstd'])('%s with a wrong checksum is refused', (name) => {
  const encoded = compressors[name]?.(Buffer.from('metric 1\n'.repeat(1000))) ?? Buffer.alloc(0)
  const at = name === 'gzip' ? encoded.length - 6 : encoded.length - 1
  encoded[at] = (encoded[at] ?? 0) ^ 1
  expect(() => decode(name, encoded)).toThrow(
    expect.objectContaining({ code: 'malformed_encoding', retryable: true }),
  )
})

test('a body may have several members of gzip, or frames of zstd, one after the other', () => {
  for (const name of ['gzip', 'zstd']) {
    const compress = compressors[name] ?? ((body: Buffer) => body)
    const encoded = Buffer.concat([compress(Buffer.from('one ')), compress(Buffer.from('two'))])
    expect(decode(name, encoded).toString()).toBe('one two')
    expect(decode(name, encoded, [1]).toString()).toBe('one two')
  }
})

test('zstd with a window that takes more than 8 MiB of memory is refused', async () => {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 24 } })
  stream.end(Buffer.alloc(20_000_000))
  const encoded = Buffer.concat(await stream.toArray())
  expect(() => decode('zstd', encoded)).toThrow(expect.objectContaining({ code: 'malformed_encoding' }))
})

const ignore = (): void => undefined

test('identity needs no decoder, and encodings that are unknown or nested are refused', () => {
  expect(makeContentDecoder(undefined, ignore)).toBeUndefined()
  expect(makeContentDecoder('', ignore)).toBeUndefined()
  expect(makeContentDecoder('Identity', ignore)).toBeUndefined()
  for (const name of ['br', 'gzip, gzip', 'compress', 'constructor', '__proto__']) {
    expect(() => makeContentDecoder(name, ignore)).toThrow(
      expect.objectContaining({
        code: 'unsupported_encoding',
        message: `the body has the encoding "${name}"`,
      }),
    )
  }
})
