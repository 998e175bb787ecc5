import type { EncodedRequest } from '../request-queue.ts'

/** What of a request stands in its record beside the body. */
export type Metadata = Pick<EncodedRequest, 'format' | 'samples'>

/** JSON, so that later versions can add to it. */
export function encodeMetadata({ format, samples }: Metadata): Buffer {
  return Buffer.from(JSON.stringify({ format, samples }))
}

/** Undefined where it is something else; the checksum has shown that it is as it was written. */
export function decodeMetadata(bytes: Buffer): Metadata | undefined {
  try {
    const { format, samples } = JSON.parse(bytes.toString('utf8')) as Partial<Metadata>
    return typeof format === 'string' && typeof samples === 'number' ? { format, samples } : undefined
  } catch {
    return undefined
  }
}
