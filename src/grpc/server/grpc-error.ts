import { MessageWriter } from '#src/remote/message-writer.ts'
import { statusNames, type StatusName } from '../status.ts'

/** A call that ends otherwise than well. The message is a sentence for the client. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly status: StatusName
  /** When the client may try again, in milliseconds; undefined where it is not said. */
  readonly retryDelayMs: number | undefined

  constructor(
    status: StatusName,
    message: string,
    options: { readonly retryDelayMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options)
    this.status = status
    this.retryDelayMs = options.retryDelayMs
  }
}

/** What `google.rpc.Status` says of an error. */
export interface StatusContent {
  readonly status: StatusName
  readonly message: string
  readonly retryDelayMs?: number | undefined
}

/** The number of a status. */
export function statusCode(status: StatusName): number {
  return statusNames.indexOf(status)
}

/**
 * Writes `google.rpc.Status` (google/rpc/status.proto, error_details.proto): what gRPC has in the trailer
 * `grpc-status-details-bin`, and OTLP over HTTP in the body of an answer that is no success.
 */
export function writeRichStatus({ status, message, retryDelayMs }: StatusContent): Buffer {
  const writer = new MessageWriter()
  writer.varint(1, statusCode(status))
  writer.bytes(2, message)
  if (retryDelayMs !== undefined) {
    const duration = new MessageWriter()
    duration.varint(1, Math.floor(retryDelayMs / 1000))
    duration.varint(2, Math.round((retryDelayMs % 1000) * 1e6))
    const retryInfo = new MessageWriter()
    retryInfo.bytes(1, duration.take())
    const any = new MessageWriter()
    any.bytes(1, 'type.googleapis.com/google.rpc.RetryInfo')
    any.bytes(2, retryInfo.take())
    writer.bytes(3, any.take())
  }
  return writer.take()
}
