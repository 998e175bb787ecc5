import type { Exemplar } from '#src/model/batch.ts'
import { visitParts } from '#src/model/classic-parts.ts'
import type { Point } from '#src/model/point.ts'
import type { Role } from '#src/model/series.ts'
import { boundText, type BoundText } from './bound-text.ts'
import type { CapturedFamily } from './capture.ts'
import { createdName } from './exposition-type.ts'
import { linePrefix } from './family-text.ts'
import type { LineWriter } from './line-writer.ts'
import { isShown, winnerOf, type ReadColumns, type Row } from './row.ts'
import type { SampleColumns } from './sample-columns.ts'
import { closed } from './series-text.ts'

/** Writes families whose metrics are several lines each: points, and parts that came as series. */
export class GroupWriter {
  readonly #lines: LineWriter
  readonly #read: ReadColumns

  constructor(lines: LineWriter, read: ReadColumns) {
    this.#lines = lines
    this.#read = read
  }

  /**
   * Writes rows from an index on, until a chunk is full.
   *
   * @returns the index of the next row; -1 at the end
   */
  write(family: CapturedFamily, rows: readonly Row[], from: number): number {
    for (let index = from; index < rows.length; index++) {
      if (this.#lines.full) return index
      const shown = this.shown(rows[index])
      if (shown === undefined) continue
      const { row, samples } = shown
      if (row.part === undefined) this.#writePoint(family, row, samples)
      else this.#writePart(family, row, samples)
      // The start time is the last line of a metric, whichever parts it has.
      if (rows[index + 1]?.text !== row.text) {
        const prefix = linePrefix(createdName(family.name, family.type), closed(row.text))
        this.#lines.start(family, prefix, samples, row.slot)
      }
    }
    return -1
  }

  /** Which row is shown in the place of this one; undefined where none has a sample. */
  shown(place: Row | undefined): { readonly row: Row; readonly samples: SampleColumns } | undefined {
    const row = place?.contest === undefined ? place : winnerOf(place.contest, this.#read)
    if (row === undefined) return undefined
    const samples = this.#read(row.samples)
    if (!isShown(samples, row.slot)) return undefined
    return row.part === undefined && samples.points?.[row.slot] === undefined ? undefined : { row, samples }
  }

  #writePart(family: CapturedFamily, { part, slot, text }: Row, samples: SampleColumns): void {
    if (part === undefined) return
    const exemplar = part.role === 'bucket' ? samples.exemplarsAt(slot).at(-1) : undefined
    const prefix = this.#prefix(family, part.role, text, part.boundText)
    this.#lines.line(prefix, samples.values[slot] ?? 0, samples.timeAt(slot), exemplar)
  }

  #writePoint(family: CapturedFamily, { slot, text }: Row, samples: SampleColumns): void {
    const point = samples.points?.[slot]
    if (point === undefined) return
    const exemplars = this.#lines.options.openMetrics
      ? bucketExemplars(point, samples.exemplarsAt(slot))
      : undefined
    const time = samples.timeAt(slot)
    visitParts(point, (role, bound, value) => {
      const prefix = this.#prefix(
        family,
        role,
        text,
        Number.isNaN(bound) ? undefined : boundText(role, bound),
      )
      this.#lines.line(prefix, Number(value), time, role === 'bucket' ? exemplars?.get(bound) : undefined)
    })
  }

  #prefix({ name, type }: CapturedFamily, role: Role, base: string, bound: BoundText | undefined): string {
    const { openMetrics } = this.#lines.options
    const gauge = openMetrics && type === 'gaugehistogram' && role !== 'bucket'
    const suffix = role === 'quantile' ? '' : `_${gauge ? 'g' : ''}${role}`
    const labels =
      bound === undefined
        ? closed(base)
        : `${base === '' ? '{' : `${base},`}${openMetrics ? bound.openMetrics : bound.text}`
    return linePrefix(name + suffix, labels)
  }
}

/** The newest exemplar of each bucket, by its upper bound: the first one that counts the exemplar's value. */
function bucketExemplars(point: Point, exemplars: readonly Exemplar[]): Map<number, Exemplar> | undefined {
  if (exemplars.length === 0 || point.kind === 'summary') return undefined
  const bounds: number[] = []
  visitParts(point, (role, bound) => {
    if (role === 'bucket') bounds.push(bound)
  })
  const found = new Map<number, Exemplar>()
  for (const exemplar of exemplars) {
    const bound = bounds.find((each) => each >= Number(exemplar.value))
    const other = bound === undefined ? undefined : found.get(bound)
    if (bound !== undefined && (other === undefined || milliseconds(exemplar) >= milliseconds(other)))
      found.set(bound, exemplar)
  }
  return found
}

function milliseconds({ time }: Exemplar): number {
  return typeof time === 'bigint' ? Number(time / 1_000_000n) : time
}
