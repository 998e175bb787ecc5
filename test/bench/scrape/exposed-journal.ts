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
  readonly #ownLabels: readonly (readonly [string, string])[]
  readonly #relabel: boolean
  readonly #bodies: Buffer[] = []

  constructor(ownLabels: Readonly<Record<string, string>>, relabel: boolean) {
    this.#ownLabels = Object.entries(ownLabels)
    this.#relabel = relabel
  }

  /** Keeps a body that was served. It is read later: whoever is measured would wait for that meanwhile. */
  serve(body: Buffer): void {
    this.#bodies.push(body)
  }

  /** Notes all bodies, and where each series ended: when a body no longer had it, or with the target, which is gone now. */
  write(journal: Journal): void {
    const lines = new Map<string, ExposedLine>()
    const endAllBefore = (number: number): void => {
      for (const [series, { key, body }] of lines) {
        if (body === number) continue
        if (key !== undefined) journal.add(key, ended)
        lines.delete(series)
      }
    }
    for (const [number, body] of this.#bodies.entries()) {
      for (const text of body.toString().split('\n')) {
        if (text === '' || text.startsWith('#')) continue
        const blank = text.lastIndexOf(' ')
        const series = text.slice(0, blank)
        let line = lines.get(series)
        if (line === undefined) lines.set(series, (line = { key: this.#keyOf(series), body: number }))
        line.body = number
        if (line.key !== undefined) journal.add(line.key, String(Number(text.slice(blank + 1))))
      }
      endAllBefore(number)
    }
    endAllBefore(this.#bodies.length)
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
