/** A text that configuration was read from, and how to find lines in it. */
export class SourceText {
  /** What messages call it: the path as it was given, or the option of the command line. */
  readonly name: string
  readonly text: string
  /** What relative paths in it are relative to. */
  readonly directory: string
  #lineStarts: number[] | undefined

  constructor(name: string, text: string, directory: string) {
    this.name = name
    this.text = text
    this.directory = directory
  }

  /** Line and column of an offset, both from 1; columns count UTF-16 units. */
  position(offset: number): { readonly line: number; readonly column: number } {
    const starts = this.#starts()
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }

  /** Where a line, counted from 1, begins and ends, without its line break. */
  lineRange(line: number): { readonly start: number; readonly end: number } {
    const starts = this.#starts()
    const start = starts[line - 1] ?? this.text.length
    const next = starts[line]
    let end = next === undefined ? this.text.length : next - 1
    if (end > start && this.text[end - 1] === '\r') end--
    return { start, end }
  }

  #starts(): readonly number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#lineStarts = starts
    return starts
  }
}

/** What a substituted value came from, for messages; never its content. */
export interface Origin {
  /** As in the file: `${env:PORT}`. */
  readonly reference: string
  /** The line of the value, where it has several. */
  readonly line: number | undefined
}

/** A range of a source. What was substituted has the range of its reference. */
export interface Place {
  readonly source: SourceText
  readonly start: number
  readonly end: number
  readonly origin?: Origin
}
