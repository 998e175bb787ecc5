import type { GrpcClient, UnaryCall } from '#src/grpc/client/grpc-client.ts'
import type { GrpcStatus, StatusName } from '#src/grpc/status.ts'
import { cutRequest } from '#src/otlp/send/cut-request.ts'
import { judgeSuccess, readProtobufResponse } from '#src/otlp/send/export-response.ts'
import { parseFormat, unpack } from '#src/otlp/send/request-format.ts'
import type { Excerpt } from '#src/push/excerpt.ts'
import type { Answered, Peer, Verdict } from '#src/push/peer.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { MessageError } from '#src/remote/message-reader.ts'
import type { Logger } from '#src/telemetry/logger.ts'

const exportPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

/** Codes after which the same request can do better later (the OTLP specification, "Failures" of OTLP/gRPC). */
const retryable: ReadonlySet<StatusName> = new Set([
  'cancelled',
  'deadline_exceeded',
  'aborted',
  'out_of_range',
  'unavailable',
  'data_loss',
])

/** How implementations of gRPC say that a message is larger than they take; the code is that of other exhausted resources. */
const tooLargeForm = /larger than max|exceeds maximum size|too large/i

/** A receiver of OTLP over gRPC. */
export class GrpcPeer implements Peer {
  readonly #client: GrpcClient
  readonly #timeoutMs: number
  readonly #excerpt: Excerpt
  readonly #logger: Logger

  /** @param timeoutMs what one attempt may take */
  constructor(client: GrpcClient, timeoutMs: number, excerpt: Excerpt, logger: Logger) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    this.#excerpt = excerpt
    this.#logger = logger
  }

  async send(request: EncodedRequest, _retries: number, signal: AbortSignal): Promise<Answered> {
    let call: UnaryCall
    try {
      call = { path: exportPath, timeoutMs: this.#timeoutMs, ...messageOf(request) }
    } catch (error) {
      return { kind: 'unsendable', error }
    }
    const { status, message } = await this.#client.call(call, signal)
    if (status.name === 'ok') return this.#judgeAnswer(message, request)
    const said = { status: status.name, answer: this.#excerpt(status.message) }
    return { ...verdictOf(status), said }
  }

  cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
    return cutRequest(request)
  }

  close(): void {
    this.#client.close()
  }

  #judgeAnswer(message: Buffer | undefined, request: EncodedRequest): Answered {
    try {
      const response = readProtobufResponse(message ?? Buffer.alloc(0))
      return judgeSuccess(response, request, this.#excerpt, this.#logger)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      this.#logger.warn('the receiver took the data, but its answer cannot be read', { error })
      return { kind: 'delivered' }
    }
  }
}

/** The message of a request, as a call bears it. A queue may have one from when another compression was configured. */
function messageOf({ format, body }: EncodedRequest): Pick<UnaryCall, 'message' | 'encoding'> {
  const { form, compression } = parseFormat(format)
  if (form !== 'proto') throw new Error('gRPC bears protobuf alone')
  if (compression === 'gzip' || compression === 'zstd') return { message: body, encoding: compression }
  return { message: unpack(compression, body), encoding: 'identity' }
}

/** Reads a status that is no success. */
function verdictOf({ name, message, retryDelayMs }: GrpcStatus): Verdict {
  const reason = `grpc_${name}`
  if (name === 'resource_exhausted' && retryDelayMs === undefined) {
    // Without a delay it will not get better by itself.
    return tooLargeForm.test(message) ? { kind: 'too_large', reason } : { kind: 'rejected', reason }
  }
  if (!retryable.has(name) && name !== 'resource_exhausted') return { kind: 'rejected', reason }
  const error = new Error(`the receiver answered with the gRPC status ${name}`)
  return { kind: 'retry', reason, error, afterMs: retryDelayMs ?? 0 }
}
