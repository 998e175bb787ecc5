import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { Exporter, PipelineContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import type { Backlog, Intake } from './backlog.ts'
import type { Delivery } from './delivery.ts'
import type { Encoding, Slice } from './encoding.ts'

const compress = promisify(zstdCompress)

/** A call of `consume` that is not encoded yet. */
interface Call {
  readonly intake: Intake
  readonly batches: readonly Batch[]
}

/**
 * Takes batches at once, encodes them in slices between which the event loop turns, and leaves the rest to its
 * delivery. Calls are encoded one after the other, in the order in which they came.
 */
export class JsonExporter implements Exporter {
  /** The file; undefined for standard output. */
  readonly location: string | undefined
  readonly #encoding: Encoding
  readonly #compressed: boolean
  readonly #backlog: Backlog
  readonly #delivery: Delivery
  readonly #context: PipelineContext
  /** Calls to encode, and sources to forget once what came before is encoded. */
  readonly #waiting: (Call | Source)[] = []
  #encoder: Promise<void> | undefined
  #stopped = false

  constructor(
    encoding: Encoding,
    compressed: boolean,
    backlog: Backlog,
    delivery: Delivery,
    context: PipelineContext,
    location?: string,
  ) {
    this.location = location
    this.#encoding = encoding
    this.#compressed = compressed
    this.#backlog = backlog
    this.#delivery = delivery
    this.#context = context
  }

  async start(): Promise<void> {
    await this.#delivery.start()
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    if (points === 0) return true
    const intake = this.#backlog.admit(points, receipt)
    if (intake === undefined) return false
    this.#enqueue({ intake, batches })
    return true
  }

  forget(source: Source): void {
    this.#enqueue(source)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
    deadline.addEventListener('abort', () => abort(), { once: true })
    if (!deadline.aborted) await Promise.race([this.#encoder, aborted])
    await this.#delivery.drain(deadline)
    this.#stopped = true
    this.#backlog.close('shutdown')
  }

  #enqueue(item: Call | Source): void {
    if (this.#stopped) return
    this.#waiting.push(item)
    this.#encoder ??= this.#encodeAll()
  }

  async #encodeAll(): Promise<void> {
    // The call that brought the data returns first.
    await nextTurn()
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      if ('batches' in item) await this.#encode(item)
      else this.#encoding.forget(item)
    }
    this.#encoder = undefined
  }

  async #encode({ intake, batches }: Call): Promise<void> {
    try {
      for (const slice of this.#encoding.encode(batches)) {
        if (this.#stopped) return
        this.#backlog.add(intake, this.#compressed ? await compressed(slice) : slice)
        this.#delivery.wake()
        await nextTurn()
      }
    } catch (error) {
      this.#context.logger.error('batches could not be encoded', { error })
      this.#backlog.abandon(intake, 'encoding_failed')
    }
  }
}

async function compressed(slice: Slice): Promise<Slice> {
  return slice.bytes.length === 0 ? slice : { ...slice, bytes: await compress(slice.bytes) }
}
