import { MessageReader, wireTypes } from '#src/remote/message-reader.ts'
import type { Answered } from '#src/push/peer.ts'
import type { Excerpt } from '#src/push/excerpt.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { Logger } from '#src/telemetry/logger.ts'

/** What a receiver says of a request that it took: how many data points it refused for good, and why. */
export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

/**
 * Reads an ExportMetricsServiceResponse of protobuf. An empty one says that all went well.
 *
 * @throws {MessageError} where it is none
 */
export function readProtobufResponse(bytes: Buffer): PartialSuccess {
  let rejected = 0
  let message = ''
  const response = new MessageReader(bytes)
  while (response.next()) {
    if (response.field !== 1 || response.wireType !== wireTypes.bytes) continue
    const partial = response.message()
    while (partial.next()) {
      if (partial.field === 1 && partial.wireType === wireTypes.varint) rejected = partial.value
      else if (partial.field === 2 && partial.wireType === wireTypes.bytes)
        message = partial.content().toString('utf8')
    }
  }
  return { rejected, message }
}

/**
 * Reads one in JSON, which has its integers of 64 bits as strings.
 *
 * @throws {SyntaxError} where it is none
 */
export function readJsonResponse(bytes: Buffer): PartialSuccess {
  const response: unknown = JSON.parse(bytes.toString('utf8'))
  if (typeof response !== 'object' || response === null) throw new SyntaxError('the response is no object')
  const partial = membersOf((response as Record<string, unknown>)['partialSuccess'])
  const rejected = Number(partial['rejectedDataPoints'] ?? 0)
  const message = partial['errorMessage']
  return {
    rejected: Number.isFinite(rejected) ? rejected : 0,
    message: typeof message === 'string' ? message : '',
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/**
 * What a success comes to: what the receiver refused of it is counted and never sent again (the OTLP specification, "Partial
 * Success").
 */
export function judgeSuccess(
  { rejected, message }: PartialSuccess,
  { samples }: EncodedRequest,
  excerpt: Excerpt,
  logger: Logger,
): Answered {
  const answer = excerpt(message)
  if (rejected > 0) {
    const written = Math.max(0, samples - rejected)
    return { kind: 'rejected', reason: 'partial_success', written, said: { answer } }
  }
  if (answer !== '') logger.warn('the receiver took all data, and has something to say', { answer })
  return { kind: 'delivered' }
}
