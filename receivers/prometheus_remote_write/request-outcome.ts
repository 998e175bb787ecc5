import type { RequestPart } from '#src/remote/decode/request-decoder.ts'

/** How many problems of a request its sender is told of. */
const mostProblems = 5

/** What became of a request: what was written, and what was refused, with the first reasons. */
export class RequestOutcome {
  readonly written: Record<RequestPart, number> = { samples: 0, histograms: 0, exemplars: 0, metadata: 0 }
  readonly refused: Record<RequestPart, number> = { samples: 0, histograms: 0, exemplars: 0, metadata: 0 }
  readonly #problems: string[] = []

  refuse(what: RequestPart, count: number, problem: string): void {
    this.refused[what] += count
    if (this.#problems.length < mostProblems && !this.#problems.includes(problem))
      this.#problems.push(problem)
  }

  /** So many of what was written were refused later, by a peer: samples first, since nobody says what they were. */
  reject(points: number, problem: string): void {
    const samples = Math.min(points, this.written.samples)
    const counts = { samples, histograms: Math.min(points - samples, this.written.histograms) }
    for (const what of ['samples', 'histograms'] as const) {
      this.written[what] -= counts[what]
      this.refuse(what, counts[what], problem)
    }
  }

  /** Whether all that there was has been written. */
  get whole(): boolean {
    return Object.values(this.refused).every((count) => count === 0)
  }

  /** What was refused, for the sender, whose log shows it. */
  get complaint(): string {
    const parts = Object.entries(this.refused)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`)
    return `the rest was written, and these were refused: ${parts.join(', ')}: ${this.#problems.join('; ')}`
  }

  /** The headers by which version 2.0 tells what was written. */
  get headers(): Record<string, string> {
    return headersOf(this.written)
  }
}

/** The headers of a request of which nothing was written. */
export const nothingWritten: Readonly<Record<string, string>> = headersOf({
  samples: 0,
  histograms: 0,
  exemplars: 0,
})

function headersOf(written: Omit<Record<RequestPart, number>, 'metadata'>): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(written.samples),
    'x-prometheus-remote-write-histograms-written': String(written.histograms),
    'x-prometheus-remote-write-exemplars-written': String(written.exemplars),
  }
}
