import type { Path } from './config-error.ts'
import { frameOf, printable, type HiddenPlaces } from './frame.ts'
import type { Place } from './source-text.ts'

/** One mistake or warning with its place. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** The file as it was given, or the option of the command line; empty where it is neither. */
  readonly file: string
  /** From 1; 0 where there is no place. */
  readonly line: number
  readonly column: number
  readonly path: Path
  /** `file:line:column severity: path: message`, the line and carets below it: ready to print, and without a secret. */
  readonly text: string
}

interface Noted {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** A text is the name of a source as a whole. */
  readonly place: Place | string
  readonly path: Path
}

/** More findings of a severity than this are counted, not listed. */
const maxFindings = 500

/** Collects what is found, and makes findings of it when all is known that must not be shown. */
export class Findings {
  readonly #noted = { error: new Map<string, Noted>(), warning: new Map<string, Noted>() }
  readonly #unlisted = { error: 0, warning: 0 }
  readonly #hidden: HiddenPlaces

  constructor(hidden: HiddenPlaces) {
    this.#hidden = hidden
  }

  get hasErrors(): boolean {
    return this.#noted.error.size > 0
  }

  /** @param message what is wrong and what to do; a function where that takes time to say */
  error(message: string | (() => string), place: Place | string = '', path: Path = []): void {
    this.#note('error', message, place, path)
  }

  warning(message: string, place: Place | string = '', path: Path = []): void {
    this.#note('warning', message, place, path)
  }

  #note(
    severity: Finding['severity'],
    said: string | (() => string),
    place: Place | string,
    path: Path,
  ): void {
    if (this.#noted[severity].size >= maxFindings) {
      this.#unlisted[severity]++
      return
    }
    const message = typeof said === 'string' ? said : said()
    const where = typeof place === 'string' ? [place] : [place.source.name, place.start, place.origin?.line]
    // What an anchor is used for more than once is found more than once.
    const key = JSON.stringify([...where, message])
    if (!this.#noted[severity].has(key)) this.#noted[severity].set(key, { severity, message, place, path })
  }

  /** All findings, by place: files in the order in which they were given. */
  list(files: readonly string[]): Finding[] {
    const rank = (file: string): number => (files.includes(file) ? files.indexOf(file) : files.length)
    const findings = [...this.#noted.error.values(), ...this.#noted.warning.values()]
      .map((noted) => this.#finding(noted))
      .toSorted((a, b) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column)
    for (const severity of ['error', 'warning'] as const) {
      const count = this.#unlisted[severity]
      const message = `${count} more of this kind are not listed: mend these first`
      if (count > 0) findings.push(this.#finding({ severity, message, place: '', path: [] }))
    }
    return findings
  }

  #finding({ severity, message: short, place, path }: Noted): Finding {
    const origin = typeof place === 'string' ? undefined : place.origin
    const message = `${short}${origin === undefined ? '' : fromOrigin(origin)}`
    const where = pathText(path)
    const statement = `${severity}: ${where === '' ? '' : `${where}: `}${message}`
    if (typeof place === 'string') {
      const text = printable(place === '' ? statement : `${place} ${statement}`)
      return { severity, message, file: place, line: 0, column: 0, path, text }
    }
    const { line, column } = place.source.position(place.start)
    const file = place.source.name
    const text = `${printable(`${file}:${line}:${column} ${statement}`)}\n${frameOf(place, this.#hidden)}`
    return { severity, message, file, line, column, path, text }
  }
}

function fromOrigin({ reference, line }: NonNullable<Place['origin']>): string {
  return line === undefined ? ` (the value of ${reference})` : ` (line ${line} of ${reference})`
}

/** A path as people write it: `receivers.hostmetrics.scrapers[0]`, with quotes around keys that need them. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${/^[\w/-]+$/.test(step) ? step : JSON.stringify(step)}`
  }
  return text
}
