import { ended, labelsKey, type Journal } from './journal.ts'
import { applyByHand } from './relabel-rules.ts'
import { numberSample, type ScrapeOutcome } from './scrape-outcome.ts'

interface ExposedLine {
  /** None where the rules drop the series. */
  readonly key: string | undefined
  /** The last scrape that had it. */
  scrape: ScrapeOutcome
}

/** Bodies that an agent did not hand on. */
export interface UntakenBodies {
  /** Those of scrapes that failed by its own account, as one does that takes too long. */
  readonly failed: number
  /** All others. */
  readonly lost: number
}

/** What one target exposed, as an agent is to hand it on. Reads the text with a split and a regular expression. */
export class ExposedJournal {
  readonly #ownLabels: readonly (readonly [string, string])[]
  readonly #relabel: boolean
  /** Body n is number n + 1. */
  readonly #bodies: Buffer[] = []

  constructor(ownLabels: Readonly<Record<string, string>>, relabel: boolean) {
    this.#ownLabels = Object.entries(ownLabels)
    this.#relabel = relabel
  }

  /**
   * Keeps a body that is served. It is read later: whoever is measured would wait for that meanwhile.
   *
   * @returns a line for its end, by which it is known again
   */
  serve(body: Buffer): string {
    return `${numberSample} ${this.#bodies.push(body)}\n`
  }

  /**
   * Notes what was in the bodies that were taken, and where each series ended: when a body no longer had it, when a
   * scrape failed, or with the target, which is gone now.
   *
   * @param goneAt when the target went: failures from then on excuse nothing
   */
  write(journal: Journal, outcomes: readonly ScrapeOutcome[], goneAt: number): UntakenBodies {
    const lines = new Map<string, ExposedLine>()
    const taken = new Set<number>()
    let failures = 0
    for (const outcome of outcomes) {
      if (outcome.number === undefined) failures += outcome.time < goneAt ? 1 : 0
      else {
        taken.add(outcome.number)
        this.#writeBody(journal, lines, outcome)
      }
      endOthers(journal, lines, outcome)
    }
    endOthers(journal, lines, undefined)
    const untaken = this.#bodies.length - taken.size
    const failed = Math.min(untaken, failures)
    return { failed, lost: untaken - failed }
  }

  #writeBody(journal: Journal, lines: Map<string, ExposedLine>, scrape: ScrapeOutcome): void {
    const body = this.#bodies[(scrape.number ?? 0) - 1] ?? Buffer.alloc(0)
    for (const text of body.toString().split('\n')) {
      if (text === '' || text.startsWith('#')) continue
      const blank = text.lastIndexOf(' ')
      const series = text.slice(0, blank)
      let line = lines.get(series)
      if (line === undefined) lines.set(series, (line = { key: this.#keyOf(series), scrape }))
      line.scrape = scrape
      if (line.key !== undefined) journal.add(line.key, String(Number(text.slice(blank + 1))))
    }
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

/** Notes the end of series that a scrape did not have. */
function endOthers(journal: Journal, lines: Map<string, ExposedLine>, last: ScrapeOutcome | undefined): void {
  for (const [series, { key, scrape }] of lines) {
    if (scrape === last) continue
    if (key !== undefined) journal.add(key, ended)
    lines.delete(series)
  }
}
