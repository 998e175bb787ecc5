import { internAttributes, type AttributeValue } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { emptyResource, makeScope } from '#src/model/resource.ts'
import { Metric, Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import type { ExposedFamily } from '#src/text/exposed-families.ts'
import {
  defaultReaderOptions,
  ExpositionReader,
  type ExpositionFormat,
  type ReaderOptions,
} from '#src/text/exposition-reader.ts'
import type { Resolve } from '#src/text/exposed-series.ts'

/** Makes the series that a line says, without target labels and relabeling. */
export function resolveAsExposed(): Resolve {
  const scope = makeScope({ ...emptyResource, derived: true })
  const metrics = new WeakMap<ExposedFamily, Metric>()
  return ({ labels, family, role }) => {
    let metric = metrics.get(family)
    if (metric === undefined) {
      metric = new Metric(family.name, family.descriptor, scope)
      metrics.set(family, metric)
    }
    return new Series(metric, internAttributes(labels), role)
  }
}

/** A reader of a target whose series are as it exposes them. */
export function makeReader(
  options: Partial<ReaderOptions> = {},
  resolve: Resolve = resolveAsExposed(),
): ExpositionReader {
  return new ExpositionReader(new Source('prometheus', 'target'), resolve, {
    ...defaultReaderOptions,
    ...options,
  })
}

/** What a scrape of a test is. */
export interface TestScrape {
  readonly format?: ExpositionFormat
  readonly time?: number
  /** How many bytes are fed at once. */
  readonly step?: number
}

/** Feeds a body and commits it; one that is given up is told as failed at once. */
export function scrape(reader: ExpositionReader, body: string | Buffer, given: TestScrape = {}): Batch[] {
  const { format = 'text-0.0.4', time = 1000, step = 1 << 16 } = given
  const bytes = Buffer.from(body)
  reader.begin(format)
  for (let at = 0; at < bytes.length; at += step) {
    // A chunk is used again by whoever reads a socket: nothing of it may be kept.
    const chunk = Buffer.from(bytes.subarray(at, at + step))
    reader.feed(chunk, 0, chunk.length)
    chunk.fill(0xff)
  }
  reader.end()
  return reader.commit(time)
}

/** A sample in a line: `name{label="value"} value @time`, the time only where it is not the batch's. */
export function sampleLines(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) => [...batch.walk].map((slot) => lineOf(batch, slot)))
}

function lineOf(batch: Batch, slot: number): string {
  const series = batch.layout.series[slot]
  if (series === undefined) return 'hole'
  const labels = [...series.attributes].map(([key, value]) => `${key}=${textOf(value)}`)
  const value = batch.isStale(slot) ? 'stale' : textOf(batch.values[slot] ?? Number.NaN)
  const time = batch.timeAt(slot) === batch.time ? '' : ` @${batch.timeAt(slot)}`
  return `${series.name}{${labels.join(',')}} ${value}${time}`
}

function textOf(value: AttributeValue): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return JSON.stringify(value)
}
