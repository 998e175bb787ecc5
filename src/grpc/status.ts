import { MessageError, MessageReader, wireTypes } from '#src/remote/message-reader.ts'

/** The codes of gRPC in their order from 0 on, in the words that metrics and logs use. */
export const statusNames = [
  'ok',
  'cancelled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const

/** A code of gRPC in words. */
export type StatusName = (typeof statusNames)[number]

/** How a call ended, as the server says it. */
export interface GrpcStatus {
  readonly name: StatusName
  /** For people: the server's, control characters included. */
  readonly message: string
  /** When to try again, in milliseconds from now, where the server says so (google.rpc.RetryInfo). */
  readonly retryDelayMs: number | undefined
}

/** Headers or trailers of HTTP/2 by name in lower case. */
export type Metadata = Readonly<Record<string, string | readonly string[] | undefined>>

/** Nobody waits longer than this because a server says so. */
const longestMs = 86_400_000

/** The type of RetryInfo within `google.protobuf.Any`. */
const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

/** Reads how a call ended from the trailers of its answer; undefined where they do not say. */
export function readStatus(trailers: Metadata): GrpcStatus | undefined {
  const code = textOf(trailers['grpc-status'])
  if (code === undefined || !/^\d{1,3}$/.test(code)) return undefined
  const details = textOf(trailers['grpc-status-details-bin'])
  return {
    name: statusNames[Number(code)] ?? 'unknown',
    message: percentDecoded(textOf(trailers['grpc-message']) ?? ''),
    retryDelayMs:
      details === undefined ? undefined : readRichStatus(Buffer.from(details, 'base64')).retryDelayMs,
  }
}

/** What `google.rpc.Status` says besides its code. */
export interface RichStatus {
  readonly message: string
  readonly retryDelayMs: number | undefined
}

/**
 * Reads `google.rpc.Status`: what gRPC has in the trailer `grpc-status-details-bin`, and OTLP over HTTP in the body of an answer
 * that is no success. Broken bytes say nothing.
 */
export function readRichStatus(bytes: Buffer): RichStatus {
  let message = ''
  let retryDelayMs: number | undefined
  try {
    const status = new MessageReader(bytes)
    while (status.next()) {
      if (status.wireType !== wireTypes.bytes) continue
      if (status.field === 2) message = status.content().toString('utf8')
      else if (status.field === 3) retryDelayMs ??= retryDelayIn(status.message())
    }
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
  }
  return { message, retryDelayMs }
}

/** The delay of a `google.protobuf.Any` that holds a RetryInfo. */
function retryDelayIn(any: MessageReader): number | undefined {
  let type = ''
  let delayMs: number | undefined
  while (any.next()) {
    if (any.wireType !== wireTypes.bytes) continue
    if (any.field === 1) type = any.content().toString('latin1')
    else if (any.field === 2 && type === retryInfoType) delayMs = delayOf(any.message())
  }
  return delayMs
}

function delayOf(retryInfo: MessageReader): number {
  let delayMs = 0
  while (retryInfo.next()) {
    if (retryInfo.field !== 1 || retryInfo.wireType !== wireTypes.bytes) continue
    const duration = retryInfo.message()
    while (duration.next()) {
      if (duration.field === 1) delayMs += duration.value * 1000
      else if (duration.field === 2) delayMs += duration.value / 1e6
    }
  }
  // A negative number is a varint of 2^63 and more: such a delay is none.
  return delayMs > 2 ** 62 ? 0 : Math.min(delayMs, longestMs)
}

function textOf(value: Metadata[string]): string | undefined {
  return typeof value === 'object' ? value[0] : value
}

/** Messages are UTF-8 in percent coding; what is none stands for itself (PROTOCOL-HTTP2.md, "Status-Message"). */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
