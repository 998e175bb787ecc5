/** The sample by which the target server numbers what it serves, where its bodies are compared later. */
export const numberSample = 'bench_scrape_number'

/** What an agent says of one scrape of a target. */
export interface ScrapeOutcome {
  /** When it was, in milliseconds since 1970. */
  readonly time: number
  /** The number of the body that it took; undefined where it says that the scrape failed. */
  readonly number: number | undefined
}

/** By the name of a target, what an agent says of its scrapes, in the order of time. */
export type Outcomes = Readonly<Record<string, readonly ScrapeOutcome[]>>

/** The name of a target in `Outcomes`. */
export function targetName(job: string, instance: string): string {
  return `${job} ${instance}`
}
