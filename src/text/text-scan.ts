import { equalBytes } from './byte-strings.ts'
import { ExpositionError, excerpt, LineMistake } from './exposition-error.ts'
import { parseMetadata } from './metadata-line.ts'
import { openMetricsRest, type LineRest } from './open-metrics-line.ts'
import { lengthCell, offsetCell, partCells, viewOf } from './part-table.ts'
import { headCell, rowCells, rowTarget, tailCell, targetCell } from './row-table.ts'
import type { ScrapeRows } from './scrape-rows.ts'
import { isBlank, metricNameEnd, skipBlanks, tokenEnd, valuePosition, type Dialect } from './text-tokens.ts'
import { exactPowersOfTen, parseMilliseconds, valueOf } from './value-text.ts'

/** The longest line, in bytes. Prometheus knows no such bound; real lines stay below 4 KiB. */
const longestLine = 2 * 1024 * 1024

/** Room for the lines that most chunks cut. */
const usualLine = 1024

const noLine: Buffer = Buffer.alloc(0)

/** Room for such lines that no body needs: about as many as bodies arrive at the same time. */
const spareLines: Buffer[] = []
const mostSpareLines = 64

const newline = 0x0a
const space = 0x20
const hash = 0x23
const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const braceOpen = 0x7b
const zero = 0x30
const letterE = 0x65

/** Reads one text body, chunk by chunk, into the rows of a target. */
export class TextScan {
  readonly #rows: ScrapeRows
  readonly #honorTimestamps: boolean
  #dialect: Dialect
  /** A line that a chunk cut. */
  #carried: Buffer = noLine
  #carriedLength = 0
  /** Lines that are finished. */
  #lines = 0
  #ended = false
  /** The row of the line at hand and the position of its value, where it was predicted and only its value is not plain. */
  #heldRow = -1
  #heldAt = 0

  constructor(rows: ScrapeRows, options: { honorTimestamps: boolean }) {
    this.#rows = rows
    this.#honorTimestamps = options.honorTimestamps
    this.#dialect = rows.dialect
  }

  begin(): void {
    this.#dialect = this.#rows.dialect
    this.#carriedLength = 0
    this.#lines = 0
    this.#ended = false
  }

  /**
   * Reads the bytes from a position to another. They may be cut anywhere, and nothing of them is kept.
   *
   * @throws ExpositionError
   */
  feed(chunk: Buffer, from: number, to: number): void {
    let at = from
    if (this.#carriedLength > 0) {
      const end = chunk.indexOf(newline, at)
      at = end < 0 || end >= to ? to : end + 1
      this.#carry(chunk, from, at)
      if (this.#carried[this.#carriedLength - 1] !== newline) return
      const length = this.#carriedLength
      this.#carriedLength = 0
      this.#scan(this.#carried, viewOf(this.#carried), 0, length)
    }
    let end = to
    while (end > at && chunk[end - 1] !== newline) end--
    if (end > at) this.#scan(chunk, viewOf(chunk), at, end)
    if (end < to) this.#carry(chunk, end, to)
  }

  /**
   * Ends the body.
   *
   * @throws ExpositionError
   */
  end(): void {
    if (this.#carriedLength > 0) {
      this.#carry(Buffer.of(newline), 0, 1)
      const length = this.#carriedLength
      this.#carriedLength = 0
      this.#scan(this.#carried, viewOf(this.#carried), 0, length)
    }
    this.#returnLine()
    if (!this.#dialect.loose && !this.#ended) {
      throw new ExpositionError('syntax', 'expected "# EOF" at the end', { line: this.#lines + 1, column: 1 })
    }
  }

  #carry(chunk: Buffer, from: number, to: number): void {
    const length = this.#carriedLength + to - from
    if (length > longestLine) {
      throw new ExpositionError('limit', `expected a line of at most ${longestLine} bytes`, {
        line: this.#lines + 1,
        column: longestLine,
      })
    }
    if (length > this.#carried.length) {
      const usual = length <= usualLine ? spareLines.pop() : undefined
      const larger = usual ?? Buffer.from(new ArrayBuffer(Math.max(usualLine, length * 2)))
      this.#carried.copy(larger, 0, 0, this.#carriedLength)
      this.#carried = larger
    }
    chunk.copy(this.#carried, this.#carriedLength, from, to)
    this.#carriedLength = length
  }

  /** Leaves the room for cut lines to the next body that needs it. */
  #returnLine(): void {
    if (this.#carried.length === usualLine && spareLines.length < mostSpareLines)
      spareLines.push(this.#carried)
    this.#carried = noLine
  }

  /** Reads whole lines. */
  #scan(bytes: Buffer, view: DataView, from: number, end: number): void {
    let at = from
    try {
      while (at < end) {
        if (this.#ended) throw new LineMistake('expected nothing behind "# EOF"', at)
        at = this.#predicted(bytes, view, at, end)
        if (at >= end) break
        at = this.#heldRow < 0 ? this.#line(bytes, view, at) : this.#heldLine(bytes)
        this.#lines++
      }
    } catch (error) {
      throw error instanceof LineMistake ? this.#located(error, bytes, at) : error
    }
  }

  #located({ message, code, position, cause }: LineMistake, bytes: Buffer, at: number): ExpositionError {
    const end = bytes.indexOf(newline, at)
    return new ExpositionError(code, `${message}, in: ${excerpt(bytes, at, end, position)}`, {
      line: this.#lines + 1,
      column: position - at + 1,
      cause,
    })
  }

  /**
   * Reads lines as long as they are those that came next in the last body, with values of up to 15 digits, and returns
   * the position of the first that is not. This loop is what a scrape costs, so all of it is in one place and in locals.
   */
  #predicted(bytes: Buffer, view: DataView, from: number, end: number): number {
    const rows = this.#rows
    const { table, order, columns } = rows
    const { rows: predictions, length: predicted, scratch } = order
    const { cells: rowTable, parts } = table
    const { cells: partTable, view: arena } = parts
    const { values } = columns
    const loose = this.#dialect.loose
    const honored = this.#honorTimestamps
    let { times } = columns
    let { cursor, nextLength } = order
    let at = from
    let metadata = 0
    let dropped = 0
    let heldRow = -1
    let heldAt = 0
    const start = cursor
    for (; cursor < predicted && at < end; cursor++) {
      const row = predictions[cursor] as number
      const cells = row * rowCells
      const head = (rowTable[cells + headCell] as number) * partCells
      const tail = (rowTable[cells + tailCell] as number) * partCells
      const headLength = partTable[head + lengthCell] as number
      const tailLength = partTable[tail + lengthCell] as number
      const labelsAt = at + headLength
      let next = labelsAt + tailLength
      if (
        next > end ||
        !equalBytes(view, at, arena, partTable[head + offsetCell] as number, headLength) ||
        !equalBytes(view, labelsAt, arena, partTable[tail + offsetCell] as number, tailLength)
      ) {
        break
      }
      const target = rowTable[cells + targetCell] as number
      if (target !== rowTarget.metadata) {
        heldRow = row
        heldAt = next
      }
      if (scratch !== undefined && scratch.seen[row] !== 0) break
      if (target >= 0 || target === rowTarget.dropped) {
        // A decimal of at most 2^53 with a power of ten that doubles have: one multiplication or division is exact.
        let byte = bytes[next] as number
        const negative = byte === minus
        if (negative) byte = bytes[++next] as number
        const digitsAt = next
        let mantissa = 0
        let exponent = 0
        while (byte >= zero && byte <= 0x39) {
          mantissa = mantissa * 10 + (byte - zero)
          byte = bytes[++next] as number
        }
        let digits = next - digitsAt
        if (byte === point) {
          byte = bytes[++next] as number
          const fractionAt = next
          while (byte >= zero && byte <= 0x39) {
            mantissa = mantissa * 10 + (byte - zero)
            byte = bytes[++next] as number
          }
          exponent = fractionAt - next
          digits -= exponent
        }
        if (byte === letterE && digits > 0) {
          byte = bytes[++next] as number
          const below = byte === minus
          if (below || byte === plus) byte = bytes[++next] as number
          const powerAt = next
          let power = 0
          while (byte >= zero && byte <= 0x39) {
            power = power * 10 + (byte - zero)
            byte = bytes[++next] as number
          }
          if (next === powerAt) digits = 0
          exponent += below ? -power : power
        }
        if (digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || exponent < -22 || exponent > 22) break
        let time = Number.NaN
        if (byte === space && loose) {
          byte = bytes[++next] as number
          const timeAt = next
          time = 0
          while (byte >= zero && byte <= 0x39) {
            time = time * 10 + (byte - zero)
            byte = bytes[++next] as number
          }
          if (next === timeAt || next - timeAt > 15) break
        }
        if (byte !== newline) break
        if (target >= 0) {
          const value =
            exponent < 0
              ? mantissa / (exactPowersOfTen[-exponent] as number)
              : exponent === 0
                ? mantissa
                : mantissa * (exactPowersOfTen[exponent] as number)
          values[target] = negative ? -value : value
          if (honored && time === time) {
            times ??= columns.needTimes()
            times[target] = time
          }
        } else dropped++
        at = next + 1
      } else if (target === rowTarget.metadata) {
        metadata++
        at = next
      } else break
      if (scratch !== undefined) {
        scratch.seen[row] = 1
        scratch.next[nextLength++] = row
      }
      heldRow = -1
    }
    // A name and a blank are also how lines with more blanks and braces begin.
    const isSeries = isBlank(bytes[heldAt]) || bytes[heldAt] === braceOpen
    this.#heldRow = isSeries ? -1 : heldRow
    this.#heldAt = heldAt
    order.cursor = cursor
    order.nextLength = nextLength
    rows.scraped += cursor - start - metadata
    rows.dropped += dropped
    this.#lines += cursor - start
    return at
  }

  /** Reads one line, whatever it is, and returns the position behind it. */
  #line(bytes: Buffer, view: DataView, from: number): number {
    const loose = this.#dialect.loose
    const at = loose ? skipBlanks(bytes, from) : from
    const byte = bytes[at]
    if (byte === hash) return this.#metadata(bytes, view, at)
    if (byte === newline) {
      if (loose) return at + 1
      throw new LineMistake('expected no empty line', at)
    }
    const valueAt = valuePosition(bytes, at)
    const row = this.#rows.sampleRow(bytes, view, at, metricNameEnd(bytes, at), valueAt)
    return this.#value(bytes, row, valueAt)
  }

  /** Reads the value of a line that `#predicted` knew. */
  #heldLine(bytes: Buffer): number {
    this.#rows.order.cursor++
    return this.#value(bytes, this.#heldRow, this.#heldAt)
  }

  #metadata(bytes: Buffer, view: DataView, at: number): number {
    const end = bytes.indexOf(newline, at)
    if (this.#rows.knowsMetadata(view, at, end + 1)) return end + 1
    const line = parseMetadata(bytes, at, end, this.#dialect)
    if (line === 'EOF') this.#ended = true
    else if (line !== undefined) this.#rows.addMetadata(line, bytes, view, at, end + 1)
    return end + 1
  }

  /** Reads what stands behind the name and labels of a row, and returns the position behind the line. */
  #value(bytes: Buffer, row: number, from: number): number {
    const valueEnd = tokenEnd(bytes, from)
    const value = valueOf(bytes, from, valueEnd)
    const rest = this.#dialect.loose
      ? this.#textRest(bytes, valueEnd)
      : openMetricsRest(bytes, valueEnd, this.#dialect)
    const time = this.#honorTimestamps ? rest.time : Number.NaN
    this.#rows.record(row, value, { time, exemplars: rest.exemplars })
    return rest.end + 1
  }

  #textRest(bytes: Buffer, from: number): LineRest {
    const timeAt = skipBlanks(bytes, from)
    if (bytes[timeAt] === newline) return { time: Number.NaN, end: timeAt }
    const timeEnd = tokenEnd(bytes, timeAt)
    const time = parseMilliseconds(bytes, timeAt, timeEnd)
    if (time === undefined) throw new LineMistake('expected a timestamp in milliseconds', timeAt)
    const end = skipBlanks(bytes, timeEnd)
    if (bytes[end] !== newline) throw new LineMistake('expected the end of the line', end)
    return { time, end }
  }
}
