import { Batch, staleBatch } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { ExpositionError } from './exposition-error.ts'
import type { Resolve, RowOptions, ScrapeCounts } from './exposed-series.ts'
import { ScrapeRows } from './scrape-rows.ts'
import { ProtobufScan } from './protobuf-scan.ts'
import type { ProtobufOptions } from './protobuf-lines.ts'
import { openMetricsDialect, protobufDialect, textDialect, type Dialect } from './text-tokens.ts'
import { TextScan } from './text-scan.ts'

/** The formats of an exposition. */
export type ExpositionFormat =
  | 'text-0.0.4'
  | 'text-1.0.0'
  | 'openmetrics-0.0.1'
  | 'openmetrics-1.0.0'
  | 'protobuf'

const dialectOf: Readonly<Record<ExpositionFormat, Dialect>> = {
  'text-0.0.4': textDialect,
  'text-1.0.0': textDialect,
  'openmetrics-0.0.1': openMetricsDialect,
  'openmetrics-1.0.0': openMetricsDialect,
  protobuf: protobufDialect,
}

/** How bodies are read, and how large they may be. A limit of 0 is none. */
export interface ReaderOptions extends RowOptions, ProtobufOptions {
  /** Whether samples have the times that their lines bear; else that of the scrape. */
  readonly honorTimestamps: boolean
  /** Bytes of a body, uncompressed. */
  readonly bodySizeLimit: number
}

/** What a reader does where nothing is said: as Prometheus does. */
export const defaultReaderOptions: ReaderOptions = {
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  sampleLimit: 0,
  bodySizeLimit: 0,
}

/**
 * How many failures in a row a target's series outlast, so that a target that comes back costs no making of them: the outage
 * that one scrape every 15 s sees in ten minutes. That is also what keeps an overload from feeding itself, since a
 * scrape that makes its series costs some ten times the CPU time of one that finds them.
 */
const outlastedFailures = 40

/** A series that the caller writes himself: `up` and its like. */
export interface OwnSeries {
  readonly slot: number
}

/**
 * Reads the scrapes of one target into batches. A scrape is begun, fed in chunks, ended, and then either committed or
 * given up; nothing that its body says counts before it is committed:
 *
 *     reader.begin('text-0.0.4')
 *     for (const chunk of chunks) reader.feed(chunk, 0, chunk.length)
 *     const counts = reader.end()
 *     reader.setOwn(up, 1)
 *     emit(reader.commit(time))
 *
 * When `feed` or `end` throw an ExpositionError, or the connection fails: `reader.abort()`, then `reader.setOwn(up, 0)`
 * and `emit(reader.fail(time))`, whose batches say that the series ended.
 */
export class ExpositionReader {
  readonly #rows: ScrapeRows
  readonly #text: TextScan
  /** Made for the first such body: most of 10,000 targets never send one. */
  #protobuf: ProtobufScan | undefined
  /** That of the format at hand. */
  #scan: TextScan | ProtobufScan
  readonly #options: ReaderOptions
  /** The slots of the caller's series, and their values. */
  readonly #ownSlots: number[] = []
  readonly #ownValues: number[] = []
  #reading = false
  #size = 0
  /** Failures since the last commit. */
  #failures = 0

  constructor(source: Source, resolve: Resolve, options: ReaderOptions) {
    this.#options = options
    this.#rows = new ScrapeRows(source, resolve, options)
    this.#text = new TextScan(this.#rows, options)
    this.#scan = this.#text
  }

  /** The layout of the last batches. */
  get layout(): Layout {
    return this.#rows.slots.layout
  }

  /** Whether the last scrape failed: all series of the layout but the caller's have ended, though they keep their slots. */
  get failed(): boolean {
    return this.#failures > 0
  }

  /** What the body at hand amounts to so far, or the last one came to, also where it was given up. */
  get counts(): ScrapeCounts {
    return this.#rows.counts
  }

  /** Bytes held for lines and slots, beside the series and the texts that targets share. */
  get memory(): number {
    return this.#rows.table.memory + this.#rows.slots.memory + this.#rows.order.memory
  }

  /** Begins a body; one that was begun before and neither committed nor given up is given up. */
  begin(format: ExpositionFormat): void {
    this.abort()
    this.#rows.begin(dialectOf[format])
    this.#scan =
      format === 'protobuf' ? (this.#protobuf ??= new ProtobufScan(this.#rows, this.#options)) : this.#text
    this.#scan.begin()
    this.#size = 0
    this.#reading = true
  }

  /**
   * Reads the bytes from a position to another. They may be cut anywhere; nothing of the chunk is kept.
   *
   * @throws ExpositionError
   */
  feed(chunk: Uint8Array, from: number, to: number): void {
    const { bodySizeLimit } = this.#options
    this.#size += to - from
    if (bodySizeLimit > 0 && this.#size >= bodySizeLimit) {
      throw new ExpositionError(
        'limit',
        `body size limit exceeded: expected less than ${bodySizeLimit} bytes`,
      )
    }
    this.#scan.feed(asBuffer(chunk), from, to)
  }

  /**
   * Ends the body and says what it amounts to.
   *
   * @throws ExpositionError where it is not complete, or has more samples than it may
   */
  end(): ScrapeCounts {
    this.#scan.end()
    const { sampleLimit } = this.#options
    const { counts } = this.#rows
    if (sampleLimit > 0 && counts.kept > sampleLimit) {
      throw new ExpositionError(
        'limit',
        `sample limit exceeded: ${counts.kept} samples after relabeling, expected at most ${sampleLimit}`,
      )
    }
    return counts
  }

  /**
   * Takes what was read: series that vanished get stale markers on the layout before, which come first.
   *
   * @param time of the scrape, Unix milliseconds
   */
  commit(time: number): Batch[] {
    this.#reading = false
    this.#failures = 0
    return this.#rows.commit(time, (columns) => this.#writeOwn(columns.values))
  }

  /** Gives the body up: slots, layout and series are as they were. */
  abort(): void {
    if (!this.#reading) return
    this.#reading = false
    this.#rows.abort()
  }

  /**
   * The scrape failed: all series end but the caller's own. They keep their slots for some failures more, and go on in them
   * when a scrape has them again.
   *
   * @returns stale markers, at the first failure in a row, then the caller's series
   */
  fail(time: number): Batch[] {
    this.abort()
    this.#failures++
    const { slots } = this.#rows
    const before = slots.layout
    const ended = this.#rows.suspend()
    if (this.#failures > outlastedFailures) this.#rows.endAll((slot) => slots.isOwn(slot))
    slots.commit()
    return [...markersOf(before, ended, time), ...this.#ownBatch(time)]
  }

  /** The target is gone: all series end, the caller's own among them. */
  retire(time: number): Batch[] {
    this.abort()
    this.#ownSlots.length = 0
    this.#ownValues.length = 0
    const { slots } = this.#rows
    const before = slots.layout
    const ended = this.#rows.endAll(() => false)
    slots.commit()
    return markersOf(before, ended, time)
  }

  /** Adds a series that no line of the target can be. The reader takes over the reference to its attributes. */
  addOwn(series: Series): OwnSeries {
    const slot = this.#rows.slots.addOwn(series)
    this.#ownSlots.push(slot)
    this.#ownValues.push(Number.NaN)
    return { slot }
  }

  /** The value of an own series in the batch to come, and in all after it until it gets another. */
  setOwn({ slot }: OwnSeries, value: number): void {
    const index = this.#ownSlots.indexOf(slot)
    if (index >= 0) this.#ownValues[index] = value
  }

  /** Gives everything back, at the end of the source. */
  dispose(): void {
    this.abort()
    this.#rows.forgetLines()
    this.#rows.slots.dispose()
    this.#ownSlots.length = 0
    this.#ownValues.length = 0
  }

  /** The caller's series alone. */
  #ownBatch(time: number): Batch[] {
    const { layout } = this.#rows.slots
    const own = this.#ownSlots
    if (own.length === 0) return []
    const values = new Float64Array(layout.series.length)
    this.#writeOwn(values)
    const slots = own.length === layout.size ? undefined : Int32Array.from(own).toSorted()
    return [new Batch(layout, { time, values, slots })]
  }

  #writeOwn(values: Float64Array): void {
    for (const [index, slot] of this.#ownSlots.entries()) values[slot] = this.#ownValues[index] ?? Number.NaN
  }
}

function markersOf(layout: Layout, slots: readonly number[], time: number): Batch[] {
  return slots.length === 0 ? [] : [staleBatch(layout, Int32Array.from(slots), time)]
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
