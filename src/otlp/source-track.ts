import type { Batch } from '#src/model/batch.ts'
import { ClassicToPoints } from '#src/model/classic-to-points.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Kind } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { isLonePart } from './metric-form.ts'
import { MetricGroups } from './metric-groups.ts'

/**
 * Kinds whose classic parts become points. The compatibility specification has no form for gauge histograms: their
 * parts stay series.
 */
const convertedKinds: ReadonlySet<Kind> = new Set(['histogram', 'summary', 'sum'])

/** A batch as OTLP sees it. */
export interface ConvertedBatch {
  readonly batch: Batch
  /** How many data points of the batch before each slot stands for; undefined where each is one. */
  readonly weights: Uint32Array | undefined
  readonly malformed: number
  /** Data points that show in others. */
  readonly absorbed: number
}

/** What is remembered of a source to see its batches as OTLP does. They come in order. */
export class SourceTrack {
  readonly #source: Source
  readonly #groups = new MetricGroups()
  /** Made when the first part of a classic histogram or summary comes. */
  #converter: ClassicToPoints | undefined
  #seen: Layout | undefined
  #grouped: Layout | undefined

  constructor(source: Source) {
    this.#source = source
  }

  /** The layout that the groups are of. */
  get groupedLayout(): Layout | undefined {
    return this.#grouped
  }

  convert(batch: Batch): ConvertedBatch {
    const { layout } = batch
    if (this.#converter === undefined && this.#bringsParts(layout)) {
      this.#converter = new ClassicToPoints(this.#source, convertedKinds)
    }
    this.#seen = layout
    return this.#converter?.convert(batch) ?? { batch, weights: undefined, malformed: 0, absorbed: 0 }
  }

  /** The metrics of a layout, which is that of a batch that was converted last. */
  group(layout: Layout): MetricGroups {
    this.#groups.follow(layout)
    this.#grouped = layout
    return this.#groups
  }

  dispose(): void {
    this.#converter?.dispose()
  }

  #bringsParts(layout: Layout): boolean {
    for (const slot of layout.changedSince(this.#seen)) {
      const series = layout.series[slot]
      if (series !== undefined && isLonePart(series)) return true
    }
    return false
  }
}
