import { hash } from 'node:crypto'

/** What stands in a journal for the end of a series. */
export const ended = 'stale'

/** A short name of a set of labels that hardly two sets share. */
export function labelsKey(labels: ReadonlyMap<string, string>): string {
  const names = [...labels.keys()].toSorted()
  return hash('sha1', names.map((name) => `${name}\0${labels.get(name) ?? ''}`).join('\0'), 'base64url')
}

/** For each series what it said, in order: a number, or that it ended. */
export class Journal {
  readonly #entries = new Map<string, string[]>()

  add(key: string, entry: string): void {
    const entries = this.#entries.get(key)
    if (entries === undefined) this.#entries.set(key, [entry])
    else entries.push(entry)
  }

  /** A line for each series: its key, and what it said, with blanks between. */
  toString(): string {
    return [...this.#entries].map(([key, entries]) => `${key} ${entries.join(' ')}\n`).join('')
  }
}

/** How what was received differs from what was exposed. */
export interface Comparison {
  readonly series: number
  readonly samples: number
  /** Series that are missing, were never exposed, or say something else at any place. */
  readonly bad: number
  /** The first differences, for a person to look at. */
  readonly examples: readonly string[]
}

/** Compares two journals in their text form: every series, every value in its order, every end. */
export function compareJournals(exposed: string, received: string): Comparison {
  const expected = parse(exposed)
  const got = parse(received)
  let samples = 0
  let bad = 0
  const examples: string[] = []
  for (const key of new Set([...expected.keys(), ...got.keys()])) {
    const want = expected.get(key)
    const have = got.get(key)
    samples += have === undefined ? 0 : have.split(' ').length
    if (want === have) continue
    bad++
    if (examples.length < 5) examples.push(`${key}: exposed ${want ?? 'never'}, received ${have ?? 'never'}`)
  }
  return { series: expected.size, samples, bad, examples }
}

function parse(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ')
    if (blank > 0) entries.set(line.slice(0, blank), line.slice(blank + 1))
  }
  return entries
}
