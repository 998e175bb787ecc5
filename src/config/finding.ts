import type { Path } from './config-error.ts'
import { frameOf, type HiddenPlaces } from './frame.ts'
import type { Place } from './source-text.ts'

/** One mistake or warning with its place. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** The file as it was given, or the option of the command line. */
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
  readonly place: Place | undefined
  readonly path: Path
}

/** More findings than this are counted, not listed. */
const maxFindings = 500

/** Collects what is found, and makes findings of it when all is known that must not be shown. */
export class Findings {
  readonly #noted: Noted[] = []
  readonly #seen = new Set<string>()
  readonly #hidden: HiddenPlaces
  #unlisted = 0
  #errors = 0

  constructor(hidden: HiddenPlaces) {
    this.#hidden = hidden
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  error(message: string, place?: Place, path: Path = []): void {
    this.#note({ severity: 'error', message, place, path })
  }

  warning(message: string, place?: Place, path: Path = []): void {
    this.#note({ severity: 'warning', message, place, path })
  }

  #note(noted: Noted): void {
    if (noted.severity === 'error') this.#errors++
    // What an anchor is used for more than once is found more than once.
    const { source, start, origin } = noted.place ?? {}
    const key = JSON.stringify([source?.name, start, origin?.line, noted.message])
    if (this.#seen.has(key)) return
    if (this.#noted.length >= maxFindings) {
      this.#unlisted++
      return
    }
    this.#seen.add(key)
    this.#noted.push(noted)
  }

  /** All findings, by place: files in the order in which they were given. */
  list(files: readonly string[]): Finding[] {
    const rank = (file: string): number => (files.includes(file) ? files.indexOf(file) : files.length)
    const findings = this.#noted
      .map((noted) => this.#finding(noted))
      .toSorted((a, b) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column)
    if (this.#unlisted > 0) {
      const severity = this.hasErrors ? 'error' : 'warning'
      const message = `${this.#unlisted} more findings are not listed: mend these first`
      findings.push(this.#finding({ severity, message, place: undefined, path: [] }))
    }
    return findings
  }

  #finding({ severity, message, place, path }: Noted): Finding {
    const full = `${message}${place?.origin === undefined ? '' : fromOrigin(place.origin)}`
    const where = pathText(path)
    const statement = `${severity}: ${where === '' ? '' : `${where}: `}${full}`
    if (place === undefined) {
      return { severity, message: full, file: '', line: 0, column: 0, path, text: statement }
    }
    const { line, column } = place.source.position(place.start)
    const file = place.source.name
    const text = `${file}:${line}:${column} ${statement}\n${frameOf(place, this.#hidden)}`
    return { severity, message: full, file, line, column, path, text }
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
