import type { Exporter, ExporterContext } from '#src/component/define.ts'
import type { Encoding, EncodingEvents, Omission } from '#src/push/encoding.ts'
import type { Peer } from '#src/push/peer.ts'
import { PushExporter, type PushParts } from '#src/push/push-exporter.ts'
import { makeSending } from '#src/push/sending.ts'
import { JsonEncoding } from '../encode/json-encoding.ts'
import type { RequestDrop } from '../encode/request-parts.ts'
import { ProtobufRequests } from '../protobuf-request.ts'
import { PackedEncoding, type Packing } from './packed-encoding.ts'
import { formatWord } from './request-format.ts'
import { queueOptions, requestLimits, type SendingOptions } from './sending-queue.ts'

/** What makes an exporter of OTLP. */
export interface OtlpParts {
  /** Where it sends to, without what may be secret. */
  readonly location: string
  readonly packing: Packing
  readonly options: SendingOptions
  /** Makes what requests are sent to; not called in a worker thread. */
  readonly makePeer: () => Peer
}

const omissions: Readonly<Record<RequestDrop, Omission>> = {
  malformed: { answer: 'rejected', message: 'histograms or summaries that lack a part are left out' },
}

/** Makes an exporter that sends requests of OTLP to a peer; in a worker thread, one that only encodes. */
export function makeOtlpExporter(parts: OtlpParts, context: ExporterContext): Exporter {
  const { location, packing, options, makePeer } = parts
  const { sending_queue: queue, retry_on_failure: retry } = options
  const format = formatWord(packing)
  const makePlain = (events: EncodingEvents<RequestDrop>): Encoding => {
    const Plain = packing.form === 'proto' ? ProtobufRequests : JsonEncoding
    return new Plain({
      shards: queue.num_consumers,
      limits: requestLimits(queue),
      now: () => context.clock.monotonic(),
      events,
    })
  }
  const encodes = {
    location,
    format: () => format,
    makeEncoding: (_, events) => new PackedEncoding(packing, makePlain, events),
    flushAfterMs: queue.batch.flush_timeout,
    omissions,
  } satisfies Partial<PushParts<PackedEncoding, RequestDrop>>
  if (context.outbox !== undefined)
    return new PushExporter({ ...encodes, queue: context.outbox, sender: undefined }, context)
  const sending = makeSending(queueOptions(queue), retry, makePeer(), context)
  return new PushExporter({ ...encodes, ...sending }, context)
}
