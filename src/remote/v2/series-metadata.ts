import type { Metric } from '#src/model/series.ts'
import { prometheusUnit } from '#src/naming/prometheus-units.ts'
import { metadataType } from '../metadata-type.ts'
import type { SeriesMetadata } from '../series-writer.ts'
import { varintLength, writeVarint } from '../varint.ts'
import type { SymbolTable } from './symbol-table.ts'

/** Type, help and unit of a metric, as symbols. */
export class SymbolMetadata implements SeriesMetadata {
  readonly type: number
  readonly help: number
  readonly unit: number
  /** A number that a writer keeps, 0 at first: where it wrote the end of a series with this metadata last. */
  mark = 0
  /** The length of the field, once it is located. */
  length = 0
  #helpIndex = 0
  #unitIndex = 0
  #time = 0
  #startTime = 0
  readonly #metric: Metric
  readonly #table: SymbolTable
  readonly #description: string
  readonly #unit: string

  constructor(metric: Metric, table: SymbolTable) {
    const { descriptor } = metric
    this.#metric = metric
    this.#table = table
    this.#description = descriptor.description
    this.#unit = descriptor.unit
    this.type = metadataType(descriptor)
    this.help = table.retainText(descriptor.description)
    this.unit = table.retainText(prometheusUnit(descriptor.unit))
  }

  /** Takes where help and unit are in the table of the request. */
  locate(helpIndex: number, unitIndex: number): void {
    this.#helpIndex = helpIndex
    this.#unitIndex = unitIndex
    this.length = 2 + this.#bodyLength
  }

  /** Writes the field into a buffer. @returns its length */
  write(bytes: Buffer): number {
    bytes[0] = 0x2a
    bytes[1] = this.#bodyLength
    let at = 2
    if (this.type !== 0) {
      bytes[at++] = 0x08
      bytes[at++] = this.type
    }
    if (this.#helpIndex !== 0) {
      bytes[at++] = 0x18
      at = writeVarint(bytes, this.#helpIndex, at)
    }
    if (this.#unitIndex !== 0) {
      bytes[at++] = 0x20
      at = writeVarint(bytes, this.#unitIndex, at)
    }
    return at
  }

  /** Notes the times of the series that was written last. */
  remember(time: number, startTime: number): void {
    this.#time = time
    this.#startTime = startTime
  }

  /** Whether another series with these times would end in the same bytes. */
  saysTheSame(time: number, startTime: number): boolean {
    return time === this.#time && startTime === this.#startTime
  }

  isCurrent(): boolean {
    const { descriptor } = this.#metric
    return (
      descriptor.description === this.#description &&
      descriptor.unit === this.#unit &&
      metadataType(descriptor) === this.type
    )
  }

  release(): void {
    this.#table.releaseText(this.help)
    this.#table.releaseText(this.unit)
  }

  get #bodyLength(): number {
    return (this.type === 0 ? 0 : 2) + fieldLength(this.#helpIndex) + fieldLength(this.#unitIndex)
  }
}

/** The length of a field of a reference; the empty symbol needs none. */
function fieldLength(index: number): number {
  return index === 0 ? 0 : 1 + varintLength(index)
}
