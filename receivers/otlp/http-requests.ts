import type { IncomingMessage, ServerResponse } from 'node:http'
import { Unavailable } from '#src/arrivals/deliveries.ts'
import type { StatusName } from '#src/grpc/status.ts'
import { readBody, RequestBodyError, type BodyLimits, type BodyRoom } from '#src/http/request-body.ts'
import { sendText } from '#src/http/content-encoding.ts'
import { transcodeJson } from '#src/otlp/decode/json-transcoder.ts'
import { MalformedRequest } from '#src/otlp/decode/malformed-request.ts'
import { mediaTypes, writeAnswer, writeError, type BodyForm } from './answer.ts'
import type { HttpConfig } from './config.ts'
import type { Intake } from './intake.ts'

/** Other names of encodings that are taken with them. */
const otherNames: Readonly<Record<string, string>> = { gzip: 'x-gzip' }

/** A request that ends with a status of HTTP. */
interface Refusal {
  readonly status: number
  readonly error: StatusName
  readonly message: string
  readonly retryDelayMs?: number
}

/** Answers requests of OTLP over HTTP (OpenTelemetry protocol specification, "OTLP/HTTP"). */
export class HttpRequests {
  readonly #path: string
  readonly #intake: Intake
  readonly #limits: BodyLimits
  readonly #takesPlain: boolean

  constructor(config: HttpConfig, intake: Intake, room: BodyRoom) {
    this.#path = config.metrics_url_path
    this.#intake = intake
    const encodings = config.compression_algorithms.filter((name) => name !== '')
    this.#takesPlain = encodings.length < config.compression_algorithms.length
    this.#limits = {
      maxBytes: config.max_request_body_size,
      encodings: encodings.flatMap((name) => [name, ...[otherNames[name] ?? []].flat()]),
      room,
    }
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0]
    if (path !== this.#path) {
      sendText(response, 404, `metrics are taken at ${this.#path}, and nothing else\n`)
      return
    }
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      sendText(response, 405, 'expected the method POST\n')
      return
    }
    const form = formOf(request.headers['content-type'])
    if (form === undefined) {
      const types = Object.values(mediaTypes).join(' or ')
      sendText(response, 415, `expected the Content-Type ${types}\n`)
      return
    }
    try {
      const body = await this.#read(request)
      if (body === undefined) return
      const taken = await this.#intake.take(form === 'json' ? transcodeJson(body) : body)
      if (!response.destroyed) send(response, 200, writeAnswer(taken, form), form)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      if (!response.destroyed) refuse(request, response, refusal, form)
    }
  }

  async #read(request: IncomingMessage): Promise<Buffer | undefined> {
    const { 'content-encoding': encoding = '' } = request.headers
    if (!this.#takesPlain && (encoding === '' || encoding === 'identity')) {
      const taken = this.#limits.encodings.join(', ')
      throw new RequestBodyError(415, `expected a Content-Encoding, one of: ${taken}`)
    }
    return await readBody(request, this.#limits)
  }
}

function formOf(contentType: string | undefined): BodyForm | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === mediaTypes.protobuf) return 'protobuf'
  return type === mediaTypes.json ? 'json' : undefined
}

const errorOfStatus: Readonly<Record<RequestBodyError['status'], StatusName>> = {
  400: 'invalid_argument',
  413: 'resource_exhausted',
  415: 'invalid_argument',
  503: 'unavailable',
}

/** How long a sender waits where there is no room for its body, in milliseconds. */
const roomDelayMs = 1000

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof MalformedRequest) {
    return { status: 400, error: 'invalid_argument', message: error.message }
  }
  if (error instanceof Unavailable) {
    return { status: 503, error: 'unavailable', message: error.message, retryDelayMs: error.retryDelayMs }
  }
  if (!(error instanceof RequestBodyError)) return undefined
  const { status, message } = error
  const more = status === 503 ? { retryDelayMs: roomDelayMs } : {}
  return { status, error: errorOfStatus[status], message, ...more }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, error, message, retryDelayMs }: Refusal,
  form: BodyForm,
): void {
  if (retryDelayMs !== undefined) response.setHeader('retry-after', Math.ceil(retryDelayMs / 1000))
  // What is left of a body that was given up is not worth reading.
  if (!request.complete) response.setHeader('connection', 'close')
  send(response, status, writeError({ status: error, message, retryDelayMs }, form), form)
}

function send(response: ServerResponse, status: number, body: Buffer, form: BodyForm): void {
  response.writeHead(status, { 'content-type': mediaTypes[form], 'content-length': body.length })
  response.end(body)
}
