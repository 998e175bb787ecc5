import type { Delivered } from '#src/arrivals/deliveries.ts'
import { statusCode, writeRichStatus, type StatusContent } from '#src/grpc/server/grpc-error.ts'
import { MessageWriter } from '#src/remote/message-writer.ts'

/** How a request is written, and so its answer. */
export type BodyForm = 'protobuf' | 'json'

/** The media type of each form. */
export const mediaTypes: Readonly<Record<BodyForm, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** Writes the ExportMetricsServiceResponse to a request that was taken: partial success only where something was rejected. */
export function writeAnswer({ rejected, message }: Delivered, form: BodyForm): Buffer {
  if (form === 'json') {
    const partial = { rejectedDataPoints: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : { partialSuccess: partial }))
  }
  const writer = new MessageWriter()
  if (rejected > 0) {
    const partial = new MessageWriter()
    partial.varint(1, rejected)
    partial.bytes(2, message)
    writer.bytes(1, partial.take())
  }
  return writer.take()
}

/** Writes the `google.rpc.Status` that an answer of HTTP other than success has as its body. */
export function writeError(error: StatusContent, form: BodyForm): Buffer {
  if (form === 'protobuf') return writeRichStatus(error)
  return Buffer.from(JSON.stringify({ code: statusCode(error.status), message: error.message }))
}
