import { readRichStatus } from '#src/grpc/status.ts'
import type { Answer, HttpClient } from '#src/http/client/http-client.ts'
import { cutRequest } from '#src/otlp/send/cut-request.ts'
import {
  judgeSuccess,
  readJsonResponse,
  readProtobufResponse,
  type PartialSuccess,
} from '#src/otlp/send/export-response.ts'
import { parseFormat, type RequestFormat } from '#src/otlp/send/request-format.ts'
import type { Excerpt } from '#src/push/excerpt.ts'
import type { Answered, Peer, Verdict } from '#src/push/peer.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { SuccessBody } from './success-body.ts'

/** How a receiver is reached. */
export interface HttpConnection {
  readonly client: HttpClient
  readonly url: URL
  /** What one attempt may take, in milliseconds. */
  readonly timeoutMs: number
}

/** Statuses after which the same request can do better later (the OTLP specification, "Retryable Response Codes"). */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

const contentTypes = { proto: 'application/x-protobuf', json: 'application/json' } as const

/** How answers are read, by the media type that they have. */
const readers: Readonly<Record<string, (bytes: Buffer) => PartialSuccess>> = {
  [contentTypes.proto]: readProtobufResponse,
  [contentTypes.json]: readJsonResponse,
}

/** A receiver of OTLP over HTTP. */
export class HttpPeer implements Peer {
  readonly #connection: HttpConnection
  readonly #excerpt: Excerpt
  readonly #logger: Logger

  constructor(connection: HttpConnection, excerpt: Excerpt, logger: Logger) {
    this.#connection = connection
    this.#excerpt = excerpt
    this.#logger = logger
  }

  async send(request: EncodedRequest, _retries: number, signal: AbortSignal): Promise<Answered> {
    const { client, url, timeoutMs } = this.#connection
    let headers: Readonly<Record<string, string>>
    try {
      headers = headersOf(parseFormat(request.format))
    } catch (error) {
      return { kind: 'unsendable', error }
    }
    const body = new SuccessBody()
    const answer = await client.post(
      { url, timeoutMs, idempotent: true, body: [request.body], headers },
      signal,
      body,
    )
    if (answer.status >= 200 && answer.status < 300) return this.#judgeAnswer(answer, body.bytes, request)
    const said = { status: answer.status, answer: this.#excerpt(messageOf(answer)) }
    return { ...verdictOf(answer), said }
  }

  cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
    return cutRequest(request)
  }

  close(): void {
    this.#connection.client.close()
  }

  #judgeAnswer({ headers, status }: Answer, body: Buffer | undefined, request: EncodedRequest): Answered {
    if (body?.length === 0) return { kind: 'delivered' }
    const type = mediaTypeOf(headers.get('content-type'))
    const read = Object.hasOwn(readers, type) ? readers[type] : undefined
    try {
      if (read !== undefined && body !== undefined)
        return judgeSuccess(read(body), request, this.#excerpt, this.#logger)
    } catch (error) {
      // Whoever announces an answer of OTLP and gives another is no receiver of OTLP.
      const answer = error instanceof Error ? error.message : String(error)
      return { kind: 'rejected', reason: 'malformed_answer', said: { status, answer } }
    }
    this.#logger.warn('the receiver answered with success, but not as a receiver of OTLP: is it one?', {
      status,
      type: this.#excerpt(type),
    })
    return { kind: 'delivered' }
  }
}

function headersOf({ form, compression }: RequestFormat): Readonly<Record<string, string>> {
  const type = { 'Content-Type': contentTypes[form] }
  return compression === 'none' ? type : { ...type, 'Content-Encoding': compression }
}

function mediaTypeOf(header = ''): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase()
}

/** What the receiver says of a failure: the message of a `google.rpc.Status`, or the body as it is. */
function messageOf({ headers, excerpt }: Answer): string {
  const type = mediaTypeOf(headers.get('content-type'))
  if (type !== contentTypes.proto) return excerpt
  const { message } = readRichStatus(Buffer.from(excerpt))
  return message === '' ? excerpt : message
}

/** Reads an answer that is no success. */
function verdictOf({ status, retryAfterMs: afterMs = 0 }: Answer): Verdict {
  const reason = `http_${status}`
  if (status === 413) return { kind: 'too_large', reason }
  if (!retryable.has(status)) return { kind: 'rejected', reason }
  const error = new Error(`the receiver answered with HTTP status ${status}`)
  return { kind: 'retry', reason, error, afterMs }
}
