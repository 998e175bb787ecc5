import { hiddenText } from './secret.ts'
import type { Place, SourceText } from './source-text.ts'

interface Range {
  readonly start: number
  readonly end: number
}

const widest = 120

/** What stands after such a name is not shown: the key of a secret may be misspelt, or stand where no schema knows it. */
const tellingName =
  /(?:pas+w|passphrase|pwd|\bpw\b|secret|token|credential|auth|bearer|cookie|signature|private|api[_-]?key|key_pem|dsn)[\w.-]{0,40}["']?\s{0,9}[:=]\s{0,9}["']?/gi

/** Whether a key sounds like that of a secret. */
export function isTelling(key: string): boolean {
  return new RegExp(tellingName.source, 'i').test(`${key}:`) && !filePart.test(key)
}

/** The name of a file that holds a secret is none. */
const filePart = /_(?:file|path|dir)\b/

/** References without a default hold nothing themselves. */
const bareReference = /^\$\{[^}]*\}["'\s\]},]*$/

/** Ranges of sources that must not be shown. */
export class HiddenPlaces {
  readonly #ranges = new Map<SourceText, Range[]>()
  /** What `within` said last: many findings may be in one long line. */
  #last: { readonly key: readonly unknown[]; readonly found: readonly Range[] } | undefined

  /** Hides what stands at a place; a reference to something elsewhere may be seen. */
  add({ source, start, end }: Place): void {
    if (mayBeShown(source.text.slice(start, end))) return
    const ranges = this.#ranges.get(source)
    if (ranges === undefined) this.#ranges.set(source, [{ start, end }])
    else ranges.push({ start, end })
  }

  /** The parts of a range that must not be shown, in order and without overlaps. */
  within(source: SourceText, { start, end }: Range): readonly Range[] {
    const ranges = this.#ranges.get(source) ?? []
    const key = [source, start, ranges.length]
    if (this.#last?.key.every((each, index) => each === key[index]) === true) return this.#last.found
    const found = [
      ...ranges.filter((range) => range.start < end && range.end > start),
      ...tellingRanges(source.text.slice(start, end), start),
    ].map((range) => ({ start: Math.max(range.start, start), end: Math.min(range.end, end) }))
    this.#last = { key, found: joined(found) }
    return this.#last.found
  }
}

/** What stands behind the names of secrets in a line, to its end. */
function tellingRanges(line: string, offset: number): Range[] {
  const end = offset + line.length
  return [...line.matchAll(tellingName)].flatMap((match) => {
    const from = match.index + match[0].length
    const value = line.slice(from)
    // The keys of a mapping speak for themselves.
    if (filePart.test(match[0]) || value === '' || value.startsWith('{') || mayBeShown(value)) return []
    return [{ start: offset + from, end }]
  })
}
function mayBeShown(text: string): boolean {
  return bareReference.test(text.replace(/^["']/, '')) && !text.includes(':-')
}

function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = []
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last === undefined || range.start > last.end) result.push(range)
    else result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
  }
  return result
}

/** The line of a place with its number, and carets below the place. Secrets and control characters are replaced. */
export function frameOf(place: Place, hidden: HiddenPlaces): string {
  const { source } = place
  const { line } = source.position(place.start)
  const range = source.lineRange(line)
  let shown = ''
  let at = range.start
  let from = -1
  let to = -1
  // Offsets of the source become columns of what is shown; a part that is hidden is one for all.
  const advance = (end: number, hiddenAs?: string): void => {
    const text = hiddenAs ?? source.text.slice(at, end)
    if (from < 0 && place.start < end) from = shown.length + (hiddenAs === undefined ? place.start - at : 0)
    if (to < 0 && place.end <= end)
      to = shown.length + (hiddenAs === undefined ? place.end - at : text.length)
    shown += text
    at = end
  }
  for (const part of hidden.within(source, range)) {
    advance(part.start)
    advance(part.end, hiddenText)
  }
  advance(range.end)
  if (from < 0) from = shown.length
  if (to < 0) to = shown.length
  return drawn(line, shown, from, Math.max(to, from + 1))
}

function drawn(line: number, text: string, from: number, to: number): string {
  const begin = from > widest - 20 ? from - 40 : 0
  const end = Math.min(text.length, begin + widest)
  const before = begin > 0 ? '…' : ''
  const after = end < text.length ? '…' : ''
  const number = String(line).padStart(5)
  const carets = '^'.repeat(Math.max(1, Math.min(to, end) - from))
  const indent = ' '.repeat(from - begin + before.length)
  return `${number} | ${before}${printable(text.slice(begin, end))}${after}\n${' '.repeat(number.length)} | ${indent}${carets}`
}

/** One column for each character: a tab is shown as an arrow, what would move the cursor as a replacement character. */
export function printable(text: string): string {
  return text.replaceAll('\t', '→').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}
