import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Encoding, EncodingEvents } from '#src/push/encoding.ts'
import type { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import type { RequestDrop } from '../encode/request-parts.ts'
import { formatWord, pack, type RequestFormat } from './request-format.ts'

/** How requests are packed. */
export interface Packing extends RequestFormat {
  /** How hard it is tried; undefined for what costs least. */
  readonly level?: number | undefined
}

/**
 * An encoding whose requests are compressed before they are queued: so they take a tenth of the room, and none is compressed twice,
 * however often it is sent.
 */
export class PackedEncoding implements Encoding {
  readonly format: string
  readonly #packing: Packing
  readonly #inner: Encoding
  /** Bytes of packed requests for each byte of plain ones, of late. */
  #ratio = 1

  /** @param make makes the encoding of plain requests */
  constructor(
    packing: Packing,
    make: (events: EncodingEvents<RequestDrop>) => Encoding,
    events: EncodingEvents<RequestDrop>,
  ) {
    this.#packing = packing
    this.format = formatWord(packing)
    this.#inner = make({
      encoded: (points, bytes) => events.encoded(points, bytes * this.#ratio),
      dropped: (intake, points, reason) => events.dropped(intake, points, reason),
      done: (request) => events.done(this.#packed(request)),
    })
  }

  get bytes(): number {
    return this.#inner.bytes * this.#ratio
  }

  encode(batches: readonly Batch[], intake: Intake): Iterable<unknown> {
    return this.#inner.encode(batches, intake)
  }

  forget(source: Source): void {
    this.#inner.forget(source)
  }

  flush(): void {
    this.#inner.flush()
  }

  #packed(request: EncodedRequest): EncodedRequest {
    const { compression, level } = this.#packing
    if (compression === 'none') return request
    const plain = request.body
    const body = pack(compression, plain, level)
    this.#ratio += (body.length / plain.length - this.#ratio) / 8
    request.release()
    return { ...request, format: this.format, body, release: () => undefined }
  }
}
