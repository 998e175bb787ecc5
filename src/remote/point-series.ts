import type { Exemplar } from '#src/model/batch.ts'
import { compareBytewise } from '#src/model/attribute-set.ts'
import { boundLabel, visitParts } from '#src/model/classic-parts.ts'
import type { Point } from '#src/model/point.ts'
import { roleSuffix, type Role, type Series } from '#src/model/series.ts'
import { formatBound } from '#src/text/number-text.ts'
import type { LabelDictionary } from './label-dictionary.ts'
import type { LabelSets } from './label-sets.ts'
import { explicitToNative, exponentialToNative, type NativeHistogram } from './native-histogram.ts'
import type { NamedSeries, SeriesNaming } from './series-naming.ts'
import type { SeriesExtras, SeriesWriter } from './series-writer.ts'

/** Which form histograms have. */
export interface PointForms {
  /** Exponential histograms are native ones; else they are classic ones, with explicit bounds. */
  readonly exponentialIsNative: boolean
  /** Histograms with explicit bounds are native ones with custom buckets. */
  readonly explicitIsNative: boolean
  /** Those with explicit bounds that are native ones are classic ones as well. */
  readonly keepsClassic: boolean
}

/** A series that a point is written as. */
interface Part {
  readonly isNative: boolean
  /** The number of the label with its name; undefined where relabeling drops it. */
  readonly name: number | undefined
  readonly set: number
  /** The write that it was in last. */
  round: number
}

/** What a point is written with. */
export interface PointSample {
  /** Undefined where the series ended. */
  readonly point: Point | undefined
  readonly time: number
  readonly extras: SeriesExtras
}

/**
 * Writes histograms and summaries of one source: as native histograms, or as the series of their classic parts. It keeps the
 * labels of the parts; a part that a point no longer has ends with a stale marker.
 */
export class PointSeries {
  readonly #naming: SeriesNaming
  readonly #dictionary: LabelDictionary
  readonly #sets: LabelSets
  readonly #forms: PointForms
  readonly #parts = new Map<number, Map<string, Part>>()
  #round = 0

  constructor(naming: SeriesNaming, dictionary: LabelDictionary, sets: LabelSets, forms: PointForms) {
    this.#naming = naming
    this.#dictionary = dictionary
    this.#sets = sets
    this.#forms = forms
  }

  /** Samples that a point becomes at most, those that end among them. */
  countOf(slot: number, point: Point | undefined): number {
    const known = this.#parts.get(slot)?.size ?? 0
    if (point === undefined) return known
    if (point.kind === 'summary') return known + point.quantiles.length + 2
    if (point.kind === 'histogram') return known + point.counts.length + 3
    return known + point.positive.counts.length + point.negative.counts.length + 4
  }

  /**
   * Writes the series of a slot.
   *
   * @returns whether any was written: relabeling may drop all, and a histogram may have no native form
   */
  write(slot: number, series: Series, { point, time, extras }: PointSample, writer: SeriesWriter): boolean {
    const round = ++this.#round
    const before = writer.series
    const parts = this.#partsOf(slot)
    if (point !== undefined) {
      const native = this.#nativeOf(point)
      if (native !== undefined) {
        const part = this.#partOf(parts, series, 'none', Number.NaN, true)
        part.round = round
        this.#writeNative(part, native, time, extras, writer)
      }
      // What was native where it came from has no classic form beside it but what came so.
      const keepsClassic = point.kind === 'histogram' && point.isNative !== true && this.#forms.keepsClassic
      if (native === undefined || keepsClassic)
        this.#writeClassic(parts, series, { point, time, extras }, writer)
    }
    for (const [key, part] of parts) {
      if (part.round === round) continue
      this.#writeStale(part, time, extras, writer)
      parts.delete(key)
      this.#release(part)
    }
    return writer.series > before
  }

  /** Forgets the series of a slot. */
  forget(slot: number): void {
    for (const part of this.#parts.get(slot)?.values() ?? []) this.#release(part)
    this.#parts.delete(slot)
  }

  /** Gives the labels of all parts back. */
  dispose(): void {
    for (const slot of this.#parts.keys()) this.forget(slot)
  }

  #nativeOf(point: Point): NativeHistogram | undefined {
    const { exponentialIsNative, explicitIsNative } = this.#forms
    if (point.kind === 'exponential_histogram' && exponentialIsNative) return exponentialToNative(point)
    const isNative = point.kind === 'histogram' && (explicitIsNative || point.isNative === true)
    return isNative ? explicitToNative(point) : undefined
  }

  #writeNative(
    { name, set }: Part,
    histogram: NativeHistogram | undefined,
    time: number,
    extras: SeriesExtras,
    writer: SeriesWriter,
  ): void {
    if (name === undefined) return
    const count = this.#sets.series(set, name)
    writer.histogram(this.#dictionary.scratch, count, histogram, time, extras)
  }

  #writeClassic(
    parts: Map<string, Part>,
    series: Series,
    { point, time, extras }: PointSample & { readonly point: Point },
    writer: SeriesWriter,
  ): void {
    let exemplars = extras.exemplars
    visitParts(point, (role, bound, value) => {
      const part = this.#partOf(parts, series, role, bound, false)
      part.round = this.#round
      // An exemplar belongs to the first bucket that counts its value.
      const own = role === 'bucket' ? exemplars?.filter((each) => Number(each.value) <= bound) : undefined
      if (own !== undefined) exemplars = exemplars?.filter((each) => !own.includes(each))
      this.#writeSample(part, Number(value), time, { ...extras, exemplars: nonEmpty(own) }, writer)
    })
  }

  #writeStale(part: Part, time: number, extras: SeriesExtras, writer: SeriesWriter): void {
    const bare = { ...extras, exemplars: undefined, startTime: 0 }
    if (part.isNative) this.#writeNative(part, undefined, time, bare, writer)
    else this.#writeSample(part, undefined, time, bare, writer)
  }

  #writeSample(
    { name, set }: Part,
    value: number | undefined,
    time: number,
    extras: SeriesExtras,
    writer: SeriesWriter,
  ): void {
    if (name === undefined) return
    const count = this.#sets.series(set, name)
    writer.sample(this.#dictionary.scratch, count, value, time, extras)
  }

  #partsOf(slot: number): Map<string, Part> {
    let parts = this.#parts.get(slot)
    if (parts === undefined) {
      parts = new Map()
      this.#parts.set(slot, parts)
    }
    return parts
  }

  #partOf(parts: Map<string, Part>, series: Series, role: Role, bound: number, isNative: boolean): Part {
    const key = `${role} ${bound}`
    let part = parts.get(key)
    if (part === undefined) {
      const named = this.#named(series, role, bound)
      part = {
        isNative,
        name: named && this.#dictionary.retain('__name__', named.name),
        set: named === undefined ? -1 : this.#sets.retain(named.pairs),
        round: 0,
      }
      parts.set(key, part)
    }
    return part
  }

  #named(series: Series, role: Role, bound: number): NamedSeries | undefined {
    const { name, pairs } = this.#naming.translated(series)
    const label = boundLabel[role]
    const all = label === undefined ? pairs : withPair(pairs, label, formatBound(bound))
    return this.#naming.relabeled(name + roleSuffix[role], all)
  }

  #release({ name, set }: Part): void {
    if (name === undefined) return
    this.#dictionary.release(name)
    this.#sets.release(set)
  }
}

function nonEmpty(exemplars: readonly Exemplar[] | undefined): readonly Exemplar[] | undefined {
  return exemplars === undefined || exemplars.length === 0 ? undefined : exemplars
}

/** The pairs with one more, in its place; it takes the place of one with its name. */
function withPair(pairs: readonly string[], name: string, value: string): string[] {
  const all: string[] = []
  let isIn = false
  for (let index = 0; index < pairs.length; index += 2) {
    const each = pairs[index] ?? ''
    if (each === name) continue
    if (!isIn && compareBytewise(each, name) > 0) {
      all.push(name, value)
      isIn = true
    }
    all.push(each, pairs[index + 1] ?? '')
  }
  if (!isIn) all.push(name, value)
  return all
}
