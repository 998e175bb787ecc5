import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compress, decompress } from '#src/remote/snappy.ts'

/** How a request is written, and what it is compressed with. */
export interface RequestFormat {
  readonly form: 'proto' | 'json'
  readonly compression: Compression
}

/** What requests can be compressed with. */
export type Compression = keyof typeof codecs

/** No request is larger than this, decompressed: one data point alone may have more than a request is meant to have. */
const largestMessage = 1 << 28

/** How bodies are compressed and decompressed. Requests are small enough to do it at once: some 3 ms a megabyte with gzip. */
const codecs = {
  none: { pack: (message: Buffer) => message, unpack: (body: Buffer) => body },
  gzip: {
    pack: (message: Buffer, level = constants.Z_BEST_SPEED) => gzipSync(message, { level }),
    unpack: (body: Buffer) => gunzipSync(body, { maxOutputLength: largestMessage }),
  },
  zstd: {
    pack: (message: Buffer, level = 1) =>
      zstdCompressSync(message, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    unpack: (body: Buffer) => zstdDecompressSync(body, { maxOutputLength: largestMessage }),
  },
  snappy: {
    pack: (message: Buffer) => compress(message),
    unpack: (body: Buffer) => decompress(body, largestMessage),
  },
} as const

/** The format in a word, as requests in a queue bear it: `proto+gzip`. */
export function formatWord({ form, compression }: RequestFormat): string {
  return compression === 'none' ? form : `${form}+${compression}`
}

/**
 * Reads such a word.
 *
 * @throws {Error} where it is none
 */
export function parseFormat(word: string): RequestFormat {
  const [form = '', compression = 'none'] = word.split('+')
  if ((form !== 'proto' && form !== 'json') || !isCompression(compression))
    throw new Error(`requests of the format "${word}" are not known`)
  return { form, compression }
}

function isCompression(word: string): word is Compression {
  return Object.hasOwn(codecs, word)
}

/** Compresses a message; without a level at that which costs least. */
export function pack(compression: Compression, message: Buffer, level?: number): Buffer {
  return codecs[compression].pack(message, level)
}

/**
 * Decompresses a body.
 *
 * @throws {Error} where it is broken, or larger than any request
 */
export function unpack(compression: Compression, body: Buffer): Buffer {
  return codecs[compression].unpack(body)
}
