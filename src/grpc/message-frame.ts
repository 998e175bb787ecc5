import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'

/** A message is preceded by whether it is compressed, in a byte, and its length in four (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
export const frameHeadBytes = 5

/** The bytes before a message. */
export function frameHead(length: number, isCompressed: boolean): Buffer {
  const head = Buffer.allocUnsafe(frameHeadBytes)
  head[0] = isCompressed ? 1 : 0
  head.writeUInt32BE(length, 1)
  return head
}

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  zstd: promisify(zstdDecompress),
}

/**
 * The first message of a stream's bytes, decompressed.
 *
 * @param encoding what `grpc-encoding` says
 * @param maxBytes what it may have at most, decompressed
 * @returns undefined where there is none that can be read
 */
export async function firstMessage(
  bytes: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (bytes.length < frameHeadBytes) return undefined
  const length = bytes.readUInt32BE(1)
  const message = bytes.subarray(frameHeadBytes, frameHeadBytes + length)
  if (message.length < length || length > maxBytes) return undefined
  if (bytes[0] === 0) return message
  const decompress = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined
  try {
    return await decompress?.(message, { maxOutputLength: maxBytes })
  } catch {
    return undefined
  }
}
