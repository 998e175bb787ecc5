import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { parseChoices } from './quality.ts'

/** How a body may be encoded on its way. */
export type ContentEncoding = 'identity' | 'gzip' | 'zstd'

/** Of choices that a client likes equally, the cheaper one to make goes first (measured: performance.md). */
const preference: readonly ContentEncoding[] = ['zstd', 'gzip', 'identity']

/**
 * Chooses an encoding by `Accept-Encoding` (RFC 9110, 12.5.3).
 *
 * @returns undefined where the client refuses all of them, identity included
 */
export function negotiateEncoding(header: string | undefined): ContentEncoding | undefined {
  if (header === undefined) return 'identity'
  const choices = parseChoices(header)
  const any = choices.find(({ name }) => name === '*')?.quality
  let best: ContentEncoding | undefined
  let bestQuality = 0
  for (const encoding of preference) {
    const named = choices.find(({ name }) => name === encoding || name === `x-${encoding}`)?.quality
    // Identity is acceptable unless it is refused by name or by *;q=0, yet only where nothing else is.
    const quality = named ?? any ?? (encoding === 'identity' ? Number.MIN_VALUE : 0)
    if (quality > bestQuality) {
      best = encoding
      bestQuality = quality
    }
  }
  return best
}

/** Below this a body is sent as it is: a packet holds it anyway. */
const smallBody = 1400

const compressors: Readonly<Record<ContentEncoding, (body: Buffer) => Promise<Buffer> | Buffer>> = {
  identity: (body) => body,
  gzip: (body) => promisify(gzip)(body, { level: constants.Z_BEST_SPEED }),
  zstd: (body) => promisify(zstdCompress)(body, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
}

/** Answers 200 with a body, compressed as the client likes it; 406 where it likes nothing. */
export async function sendCompressed(
  request: IncomingMessage,
  response: ServerResponse,
  { contentType, body }: { readonly contentType: string; readonly body: string | Buffer },
): Promise<void> {
  const plain = typeof body === 'string' ? Buffer.from(body) : body
  const wanted = negotiateEncoding(request.headers['accept-encoding'])
  if (wanted === undefined) {
    sendText(response, 406, 'none of the encodings of Accept-Encoding is offered: gzip, zstd, identity\n')
    return
  }
  const encoding = plain.length < smallBody ? 'identity' : wanted
  const encoded = await compressors[encoding](plain)
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': encoded.length,
    vary: 'accept-encoding',
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  })
  response.end(encoded)
}

/** Answers with a status and a line of plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}
