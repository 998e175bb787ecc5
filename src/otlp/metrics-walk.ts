import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { MetricGroups } from './metric-groups.ts'
import { arrange, portionsOf, type Portion } from './portion.ts'
import { SourceTrack, type ConvertedBatch } from './source-track.ts'

/** The data of one OTLP request. */
export interface MetricsRequest {
  /** In the order of a request: neighbours share resource, scope and metric where they can. */
  readonly portions: readonly Portion[]
  /** How many data points of the batches it stands for: a histogram may have come as many parts. */
  readonly points: number
  /** Data points of the batches beside those that no request can hold: broken histograms. */
  readonly malformed: number
}

/**
 * Makes requests of batches: turns classic parts into points, and sorts data points by resource, scope and metric.
 * What follows from identity alone is kept per source. Batches of a source come in order.
 */
export class MetricsWalk {
  readonly #tracks = new Map<Source, SourceTrack>()

  /** Nothing of the source comes any more. */
  forget(source: Source): void {
    this.#tracks.get(source)?.dispose()
    this.#tracks.delete(source)
  }

  /**
   * The requests for some batches, with `maxPoints` data points each at most; `points` and `malformed` of all add up to
   * the batches' size. A request holds one layout of a source at most, so that what a writer remembers by layout is not
   * made again for each metric. A call is finished before the next.
   */
  *requests(batches: readonly Batch[], maxPoints: number): Generator<MetricsRequest> {
    let run = new Run()
    for (const batch of batches) {
      const track = this.#trackOf(batch.layout.source)
      const converted = track.convert(batch)
      const { layout } = converted.batch
      if (run.has(layout.source) && track.groupedLayout !== layout) {
        yield* run.requests(maxPoints)
        run = new Run()
      }
      run.add(converted, track.group(layout))
    }
    yield* run.requests(maxPoints)
  }

  #trackOf(source: Source): SourceTrack {
    let track = this.#tracks.get(source)
    if (track === undefined) {
      track = new SourceTrack(source)
      this.#tracks.set(source, track)
    }
    return track
  }
}

/** Batches of which no source has two layouts. */
class Run {
  readonly #sources = new Set<Source>()
  readonly #portions: Portion[] = []
  readonly #weights = new Map<Batch, Uint32Array>()
  #malformed = 0
  #absorbed = 0

  has(source: Source): boolean {
    return this.#sources.has(source)
  }

  add({ batch, weights, malformed, absorbed }: ConvertedBatch, groups: MetricGroups): void {
    this.#sources.add(batch.layout.source)
    if (weights !== undefined) this.#weights.set(batch, weights)
    const { portions, formless } = portionsOf(batch, groups)
    for (const portion of portions) this.#portions.push(portion)
    this.#malformed += malformed + this.#weigh(batch, formless)
    this.#absorbed += absorbed
  }

  *requests(maxPoints: number): Generator<MetricsRequest> {
    const rest = { points: this.#absorbed, malformed: this.#malformed }
    let portions: Portion[] = []
    let size = 0
    for (const portion of arrange(this.#portions)) {
      for (let from = 0; from < portion.slots.length;) {
        const slots = portion.slots.subarray(from, from + maxPoints - size)
        portions.push({ ...portion, slots })
        from += slots.length
        size += slots.length
        rest.points += this.#weigh(portion.batch, slots)
        if (size < maxPoints) continue
        yield { portions, ...rest }
        portions = []
        size = 0
        rest.points = 0
        rest.malformed = 0
      }
    }
    if (size + rest.points + rest.malformed > 0) yield { portions, ...rest }
  }

  #weigh(batch: Batch, slots: Int32Array): number {
    const weights = this.#weights.get(batch)
    if (weights === undefined) return slots.length
    let sum = 0
    for (const slot of slots) sum += weights[slot] ?? 0
    return sum
  }
}
