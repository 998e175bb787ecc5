import { ended, labelsKey, type Journal } from './journal.ts'
import { applyByHand } from './relabel-rules.ts'

interface ExposedLine {
  /** None where the rules drop the series. */
  readonly key: string | undefined
  /** Number of the last body that had it. */
  body: number
}

/** What one target exposed, as an agent is to hand it on. Reads the text with a split and a regular expression. */
export class ExposedJournal {
  readonly #journal: Journal
  readonly #ownLabels: readonly (readonly [string, string])[]
  readonly #relabel: boolean
  readonly #lines = new Map<string, ExposedLine>()
  #body = 0

  constructor(journal: Journal, ownLabels: Readonly<Record<string, string>>, relabel: boolean) {
    this.#journal = journal
    this.#ownLabels = Object.entries(ownLabels)
    this.#relabel = relabel
  }

  /** Notes a body that was served, and the end of the series that it no longer has. */
  serve(body: Buffer): void {
    this.#body++
    for (const text of body.toString().split('\n')) {
      if (text === '' || text.startsWith('#')) continue
      const blank = text.lastIndexOf(' ')
      const series = text.slice(0, blank)
      let line = this.#lines.get(series)
      if (line === undefined) this.#lines.set(series, (line = { key: this.#keyOf(series), body: 0 }))
      line.body = this.#body
      if (line.key !== undefined) this.#journal.add(line.key, String(Number(text.slice(blank + 1))))
    }
    for (const [series, line] of this.#lines) if (line.body !== this.#body) this.#end(series, line)
  }

  /** Notes that the target is no longer there. */
  end(): void {
    for (const [series, line] of this.#lines) this.#end(series, line)
  }

  #end(series: string, { key }: ExposedLine): void {
    if (key !== undefined) this.#journal.add(key, ended)
    this.#lines.delete(series)
  }

  #keyOf(series: string): string | undefined {
    const labels = new Map([['__name__', series.replace(/[{].*/, '')]])
    for (const [, name = '', value = ''] of series.matchAll(/([a-z_]+)="([^"]*)"/g)) {
      if (value !== '') labels.set(name, value)
    }
    for (const [name, value] of this.#ownLabels) labels.set(name, value)
    return this.#relabel && !applyByHand(labels) ? undefined : labelsKey(labels)
  }
}
