import type { Exemplar } from '#src/model/batch.ts'
import { numberTextLength, writeNumber } from '#src/text/number-text.ts'
import type { CapturedFamily } from './capture.ts'
import { exemplarText } from './exemplar-text.ts'
import type { SampleColumns } from './sample-columns.ts'
import type { TextChunks } from './text-chunks.ts'

/** How an exposition is written. */
export interface WriteOptions {
  readonly openMetrics: boolean
  /** Whether samples bear their time. */
  readonly timestamps: boolean
  /** Whether OpenMetrics says since when samples count, where it is known. */
  readonly createdSamples: boolean
}

const countedTypes: ReadonlySet<CapturedFamily['type']> = new Set(['counter', 'histogram', 'summary'])

/** Writes lines with all that they may have. */
export class LineWriter {
  readonly #chunks: TextChunks
  readonly options: WriteOptions

  constructor(chunks: TextChunks, options: WriteOptions) {
    this.#chunks = chunks
    this.options = options
  }

  /** Whether there is a chunk to take. */
  get full(): boolean {
    return this.#chunks.full
  }

  /** One line. `time` is in Unix milliseconds; undefined for samples that have none. */
  line(prefix: string, value: number, time: number | undefined, exemplar: Exemplar | undefined): void {
    const chunks = this.#chunks
    const { openMetrics, timestamps } = this.options
    chunks.text(prefix)
    chunks.number(value)
    if (timestamps && time !== undefined) {
      chunks.reserve(numberTextLength + 1)
      chunks.text(' ')
      chunks.position = writeTime(chunks.buffer, time, openMetrics, chunks.position)
    }
    if (openMetrics && exemplar !== undefined) chunks.text(exemplarText(exemplar))
    chunks.endLine()
  }

  /** Since when a metric counts: as another series said, or by the start time of its sample. */
  start({ type, starts }: CapturedFamily, prefix: string, samples: SampleColumns, slot: number): void {
    if (!this.options.openMetrics) return
    const said = starts?.get(prefix)
    const start =
      this.options.createdSamples && countedTypes.has(type) ? samples.startTimeAt(slot) : undefined
    const seconds = said ?? (start === undefined ? undefined : start / 1000)
    if (seconds !== undefined) this.line(prefix, seconds, samples.timeAt(slot), undefined)
  }
}

/** Milliseconds in the text format, seconds in OpenMetrics. */
export function writeTime(buffer: Buffer, time: number, openMetrics: boolean, position: number): number {
  return writeNumber(buffer, openMetrics ? time / 1000 : time, position)
}
