import { flag, type Batch, type Exemplar } from '#src/model/batch.ts'
import { nanoseconds } from '#src/model/classic-columns.ts'
import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  SummaryPoint,
} from '#src/model/point.ts'
import type { JsonWriter } from '#src/text/json-writer.ts'
import { exemplarIds } from './exemplar-ids.ts'
import { attributesJson, doubleJson } from './json-attributes.ts'
import { isNumeric, type Form } from './metric-form.ts'
import { startTimeNano, timeNano } from './time-range.ts'

/** Writes the data points of one batch, without their attributes. */
export class DataPointWriter {
  readonly #writer: JsonWriter
  readonly #batch: Batch
  readonly #exemplars: ReadonlyMap<number, readonly Exemplar[]>
  readonly #ownTimes: boolean
  /** The times of all slots, where none has its own. */
  readonly #times: string

  constructor(writer: JsonWriter, batch: Batch) {
    this.#writer = writer
    this.#batch = batch
    this.#exemplars = Map.groupBy(batch.exemplars ?? [], ({ slot }) => slot)
    this.#ownTimes =
      (batch.times ?? batch.timesNano ?? batch.startTimes ?? batch.startTimesNano) !== undefined
    this.#times = timesText(batch, -1)
  }

  /** Writes the members of a data point from its times on. */
  write(form: Form, slot: number): void {
    const writer = this.#writer
    const batch = this.#batch
    writer.raw(this.#ownTimes ? timesText(batch, slot) : this.#times)
    if (batch.isStale(slot)) {
      // OTLP's NoRecordedValue.
      writer.raw(',"flags":1')
      return
    }
    if (isNumeric(form)) this.#number(slot)
    else this.#point(slot)
    if (this.#exemplars.size === 0 || form === 'summary') return
    const exemplars = this.#exemplars.get(slot)
    if (exemplars !== undefined) writer.raw(`,"exemplars":[${exemplars.map(exemplarJson).join(',')}]`)
  }

  #number(slot: number): void {
    const writer = this.#writer
    const { values, flags, integers } = this.#batch
    const value = values[slot] ?? Number.NaN
    if (((flags?.[slot] ?? 0) & flag.integer) !== 0 && Number.isInteger(value)) {
      writer.raw(`,"asInt":"${integers?.[slot] ?? BigInt(value)}"`)
      return
    }
    writer.raw(',"asDouble":')
    writer.number(value)
  }

  #point(slot: number): void {
    const point = this.#batch.points?.[slot]
    if (point === undefined) return
    this.#writer.raw(`,"count":"${point.count}"`)
    this.#double('sum', point.sum)
    if (point.kind === 'summary') this.#quantiles(point)
    else if (point.kind === 'histogram') this.#histogram(point)
    else this.#exponentialHistogram(point)
  }

  #histogram({ min, max, bounds, counts }: HistogramPoint): void {
    const writer = this.#writer
    this.#double('min', min)
    this.#double('max', max)
    writer.raw(`,"bucketCounts":${countsJson(counts)},"explicitBounds":[`)
    for (const [index, bound] of bounds.entries()) {
      if (index > 0) writer.raw(',')
      writer.number(bound)
    }
    writer.raw(']')
  }

  #exponentialHistogram(point: ExponentialHistogramPoint): void {
    const { min, max, scale, zeroCount, zeroThreshold, positive, negative } = point
    this.#double('min', min)
    this.#double('max', max)
    this.#writer.raw(`,"scale":${scale},"zeroCount":"${zeroCount}"`)
    if (zeroThreshold !== 0) this.#double('zeroThreshold', zeroThreshold)
    this.#writer.raw(`,"positive":${bucketsJson(positive)},"negative":${bucketsJson(negative)}`)
  }

  #quantiles({ quantiles }: SummaryPoint): void {
    const writer = this.#writer
    writer.raw(',"quantileValues":[')
    for (const [index, { quantile, value }] of quantiles.entries()) {
      writer.raw(index === 0 ? '{"quantile":' : ',{"quantile":')
      writer.number(quantile)
      writer.raw(',"value":')
      writer.number(value)
      writer.raw('}')
    }
    writer.raw(']')
  }

  #double(name: string, value: number | undefined): void {
    if (value === undefined) return
    this.#writer.raw(`,"${name}":`)
    this.#writer.number(value)
  }
}

/** Joined, not concatenated: V8 keeps a concatenation as a tree, which is slow to write again and again. */
function timesText(batch: Batch, slot: number): string {
  const start = startTimeNano(batch, slot)
  const parts = ['"timeUnixNano":"', String(timeNano(batch, slot)), '"']
  if (start !== 0n) parts.unshift('"startTimeUnixNano":"', String(start), '",')
  return parts.join('')
}

function countsJson(counts: readonly (number | bigint)[]): string {
  return counts.length === 0 ? '[]' : `["${counts.join('","')}"]`
}

function bucketsJson({ offset, counts }: ExponentialBuckets): string {
  return `{"offset":${offset},"bucketCounts":${countsJson(counts)}}`
}

function exemplarJson({ value, time, attributes }: Exemplar): string {
  const { traceId, spanId, rest } = exemplarIds(attributes)
  const members = [
    `"timeUnixNano":"${typeof time === 'bigint' ? time : nanoseconds(time)}"`,
    typeof value === 'bigint' ? `"asInt":"${value}"` : `"asDouble":${doubleJson(value)}`,
  ]
  if (rest.length > 0) members.unshift(`"filteredAttributes":${attributesJson(rest)}`)
  if (spanId !== undefined) members.push(`"spanId":"${spanId}"`)
  if (traceId !== undefined) members.push(`"traceId":"${traceId}"`)
  return `{${members.join(',')}}`
}
