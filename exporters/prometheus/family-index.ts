import type { AttributeSet } from '#src/model/attribute-set.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Scope } from '#src/model/resource.ts'
import type { Metric } from '#src/model/series.ts'
import { isListed } from '#src/naming/resource-labels.ts'
import { claimedNames, familyIdentity, type FamilyIdentity } from './exposition-type.ts'
import { Family } from './family.ts'
import { linePrefix } from './family-text.ts'
import { FlatRows, type RowKeeper } from './flat-rows.ts'
import type { LatestSamples } from './latest-samples.ts'
import { Row } from './row.ts'
import { LabelMemo, type SeriesText } from './series-text.ts'
import { targetInfoIdentity, targetInfoMetric, type Constants } from './target-info.ts'

/** Why a series is not in the exposition, so that no point of it is shown. */
export type SeriesDrop = 'type_conflict' | 'delta_temporality'

/** The rows of one source. */
interface Run {
  /** By slot: a row, or where it is packed its family. */
  readonly rows: (Row | Family | undefined)[]
  /** Slots of which not every point is shown: a row without a family or in a contest, or a reason. */
  readonly troubled: Map<number, Row | SeriesDrop>
  /** Slots that hold points of histograms and the like. */
  readonly points: Set<number>
}

/** The family that a row wants. */
interface Place {
  readonly name: string
  readonly identity: FamilyIdentity
  readonly metric: Metric
}

/**
 * The series of all sources by family, for clients of one escaping scheme. It follows the layouts; values are none of
 * its business.
 *
 * The first series with a name decides what its family is. Others that want it to be something else, or whose samples
 * would be named as another family's, wait until it has gone.
 */
export class FamilyIndex {
  readonly #text: SeriesText
  /** The samples of rows that list resources; undefined where resources are not listed. */
  readonly #constants: Constants | undefined
  readonly #families = new Map<string, Family>()
  /** By the name of a sample: the family that has it. */
  readonly #owners = new Map<string, Family>()
  /** Rows that could not have their family, by the name that is taken. */
  readonly #waiting = new Map<string, Set<Row>>()
  /** The same by row. */
  readonly #blocked = new Map<Row, string>()
  readonly #runs = new Map<LatestSamples, Run>()
  /** By the number of the source. */
  readonly #samples: (LatestSamples | undefined)[] = []
  /** Resources that have series: how many, and the slot of the row that lists the resource. */
  readonly #resources = new Map<AttributeSet, { series: number; readonly slot: number | undefined }>()
  #sorted: readonly Family[] | undefined

  constructor(text: SeriesText, constants: Constants | undefined) {
    this.#text = text
    this.#constants = constants
  }

  /** The families in the order of their names; the array is never changed. */
  families(): readonly Family[] {
    this.#sorted ??= [...this.#families.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return this.#sorted
  }

  family(name: string): Family | undefined {
    return this.#families.get(name)
  }

  /**
   * Follows a source from the layout that `samples` has to another one, which differs in these slots. To be called
   * before `samples` follows.
   */
  follow(samples: LatestSamples, layout: Layout, changed: readonly number[]): void {
    this.remove(samples, changed)
    this.#add(samples, layout, changed)
  }

  /** Takes rows out, because their samples are too old; `restore` brings them back. */
  remove(samples: LatestSamples, slots: Iterable<number>): void {
    const run = this.#runOf(samples)
    for (const slot of slots) this.#removeSlot(run, samples, slot)
  }

  /** Puts back the rows of a source that were taken out. */
  restore(samples: LatestSamples, slots: Iterable<number>): void {
    this.#add(samples, samples.layout, slots)
  }

  /** Forgets a source. */
  forget(samples: LatestSamples): void {
    this.remove(samples, samples.layout.live)
    this.#runs.delete(samples)
    this.#samples[samples.number] = undefined
  }

  /** Slots of a source of which not every point is shown: a row without a family or in a contest, or a reason. */
  troubled(samples: LatestSamples): ReadonlyMap<number, Row | SeriesDrop> {
    return this.#runOf(samples).troubled
  }

  /** Slots of a source that hold points of histograms and the like. */
  pointSlots(samples: LatestSamples): ReadonlySet<number> {
    return this.#runOf(samples).points
  }

  #runOf(samples: LatestSamples): Run {
    let run = this.#runs.get(samples)
    if (run === undefined) {
      run = { rows: [], troubled: new Map(), points: new Set() }
      this.#runs.set(samples, run)
      this.#samples[samples.number] = samples
    }
    return run
  }

  #add(samples: LatestSamples, layout: Layout, slots: Iterable<number>): void {
    const run = this.#runOf(samples)
    const memo = new LabelMemo()
    for (const slot of slots) {
      const series = layout.series[slot]
      if (series === undefined) continue
      const { descriptor } = series.metric
      if (descriptor.kind === 'sum' && descriptor.temporality === 'delta' && !descriptor.monotonic) {
        run.troubled.set(slot, 'delta_temporality')
        continue
      }
      const identity = familyIdentity(series)
      if (identity.shape === 'points') run.points.add(slot)
      const { text, part } = this.#text.rowText(series, identity.shape, memo)
      const row = new Row(samples, slot, text, part)
      run.rows[slot] = row
      this.#admit(row, { name: memo.nameOf(series, this.#text), identity, metric: series.metric })
      if (isListed(series.resource)) this.#retainResource(series.metric.scope)
    }
  }

  #removeSlot(run: Run, samples: LatestSamples, slot: number): void {
    const series = samples.layout.series[slot]
    run.points.delete(slot)
    const row = run.rows[slot]
    this.#removeRow(run, samples, slot)
    if (row !== undefined && series !== undefined && isListed(series.resource))
      this.#releaseResource(series.resource.attributes)
  }

  #removeRow(run: Run, { number }: LatestSamples, slot: number): void {
    run.troubled.delete(slot)
    const row = run.rows[slot]
    run.rows[slot] = undefined
    if (row instanceof Row) this.#expel(row)
    else if (row !== undefined) this.#expelPacked(row, number, slot)
  }

  /** Puts a row into the family that it wants, or lets it wait for the name. */
  #admit(row: Row, { name, identity, metric }: Place): void {
    let family = this.#families.get(name)
    let taken: string | undefined
    if (family === undefined) {
      const claims = claimedNames(name, identity)
      taken = claims.find((claim) => this.#owners.has(claim))
      if (taken === undefined) {
        family = new Family(name, identity, metric, claims, (made) => this.#keeperOf(made))
        this.#families.set(name, family)
        for (const claim of claims) this.#owners.set(claim, family)
        this.#sorted = undefined
      }
    } else if (!family.takes(identity)) {
      taken = name
    }
    if (family === undefined || taken !== undefined) {
      this.#wait(row, taken ?? name)
      return
    }
    if (family.type === 'untyped' && identity.type !== 'untyped') {
      family.type = identity.type
      family.metric = metric
    }
    row.family = family
    family.rows.add(row)
    for (const rival of row.contest ?? []) this.#runOf(rival.samples).troubled.set(rival.slot, rival)
  }

  #wait(row: Row, name: string): void {
    const others = this.#waiting.get(name)
    if (others === undefined) this.#waiting.set(name, new Set([row]))
    else others.add(row)
    this.#blocked.set(row, name)
    this.#runOf(row.samples).troubled.set(row.slot, row)
  }

  #waitNoMore(row: Row): void {
    const name = this.#blocked.get(row)
    if (name === undefined) return
    this.#blocked.delete(row)
    const rows = this.#waiting.get(name)
    rows?.delete(row)
    if (rows?.size === 0) this.#waiting.delete(name)
  }

  #expel(row: Row): void {
    const { family, contest } = row
    if (family === undefined) {
      this.#waitNoMore(row)
      return
    }
    row.family = undefined
    family.rows.remove(row)
    const [survivor, other] = contest ?? []
    if (survivor !== undefined && other === undefined)
      this.#runOf(survivor.samples).troubled.delete(survivor.slot)
    if (family.rows.size === 0) this.#dissolve(family)
  }

  #expelPacked(family: Family, source: number, slot: number): void {
    if (!(family.rows instanceof FlatRows)) return
    family.rows.removePacked(source, slot)
    if (family.rows.size === 0) this.#dissolve(family)
  }

  /** Rows of one line each are objects only until they are packed. */
  #keeperOf(family: Family): RowKeeper {
    return {
      prefix: (labels) => linePrefix(family.name, labels),
      packed: (row) => {
        this.#runOf(row.samples).rows[row.slot] = family
      },
      unpacked: (source, slot, labels) => {
        const samples = this.#samples[source]
        if (samples === undefined) throw new Error('a row outlived its source')
        const row = new Row(samples, slot, labels)
        row.family = family
        this.#runOf(samples).rows[slot] = row
        return row
      },
    }
  }

  /** Gives up a family without rows, and lets those have its names that wait for them. */
  #dissolve(family: Family): void {
    this.#families.delete(family.name)
    this.#sorted = undefined
    for (const claim of family.claims) this.#owners.delete(claim)
    for (const claim of family.claims) {
      const rows = this.#waiting.get(claim)
      this.#waiting.delete(claim)
      for (const row of rows ?? []) {
        this.#blocked.delete(row)
        this.#readmit(row)
      }
    }
  }

  #readmit(row: Row): void {
    this.#runOf(row.samples).troubled.delete(row.slot)
    if (row.samples === this.#constants?.samples) {
      this.#admit(row, this.#infoPlace())
      return
    }
    const series = row.samples.layout.series[row.slot]
    if (series === undefined) return
    const identity = familyIdentity(series)
    this.#admit(row, { name: this.#text.familyName(series, identity.shape), identity, metric: series.metric })
  }

  #retainResource(scope: Scope): void {
    const constants = this.#constants
    if (constants === undefined) return
    const { attributes } = scope.resource
    const known = this.#resources.get(attributes)
    if (known !== undefined) {
      known.series++
      return
    }
    const text = this.#text.targetInfo(scope)
    const slot = text === undefined ? undefined : constants.take()
    this.#resources.set(attributes, { series: 1, slot })
    if (text === undefined || slot === undefined) return
    const row = new Row(constants.samples, slot, text)
    this.#runOf(constants.samples).rows[slot] = row
    this.#admit(row, this.#infoPlace())
  }

  #releaseResource(attributes: AttributeSet): void {
    const known = this.#resources.get(attributes)
    if (known === undefined || --known.series > 0) return
    this.#resources.delete(attributes)
    const constants = this.#constants
    if (known.slot === undefined || constants === undefined) return
    this.#removeRow(this.#runOf(constants.samples), constants.samples, known.slot)
    constants.give(known.slot)
  }

  #infoPlace(): Place {
    return { name: this.#text.targetInfoName, identity: targetInfoIdentity, metric: targetInfoMetric }
  }
}
