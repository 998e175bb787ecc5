import type { LabelPairs, TraceStep } from '#src/relabel/relabeling.ts'

/** One target that is scraped, as people see it: no secret is in it. */
export interface TargetStatus {
  /** Unique in its receiver, and the same as long as labels and URL are. */
  readonly id: string
  readonly job: string
  readonly url: string
  /** The labels that its series bear. */
  readonly labels: LabelPairs
  /** What discovery said. */
  readonly discovered: LabelPairs
  readonly health: 'up' | 'down' | 'unknown'
  readonly intervalMs: number
  readonly timeoutMs: number
  /** When it was last scraped, Unix milliseconds; undefined where it was not yet. */
  readonly lastScrape: number | undefined
  readonly lastDurationMs: number
  /** Samples that the last scrape left. */
  readonly samples: number
  /** Bytes of the last body, uncompressed. */
  readonly bodyBytes: number
  /** What went wrong with the last scrape. */
  readonly error: string | undefined
  /** Scrapes that were left out because the process did not get to them. */
  readonly missed: number
}

/** A target that discovery found and nobody scrapes. */
export interface DroppedTargetStatus {
  readonly job: string
  readonly discovered: LabelPairs
  readonly reason: 'relabeling' | 'invalid' | 'duplicate'
  /** For people: what is wrong with it; empty where a rule dropped it. */
  readonly detail: string
}

/** What rules did to a target or a series, step by step. */
export interface RelabelTrace {
  /** What the rules got. */
  readonly input: LabelPairs
  readonly steps: readonly TraceStep[]
  /** What is there at the end; undefined where it was dropped. */
  readonly output: LabelPairs | undefined
  /** What was done beside the rules, for people. */
  readonly notes: readonly string[]
}

/** The targets of a receiver that scrapes, for the admin server. A live view. */
export interface TargetsView {
  active(): Iterable<TargetStatus>
  /** Those that are remembered; there may be more. */
  dropped(): Iterable<DroppedTargetStatus>
  /** How many are dropped, by job. */
  droppedCounts(): ReadonlyMap<string, number>
  /** What the rules of a job do to a discovered target. Undefined where there is no such job. */
  traceTarget(job: string, discovered: LabelPairs): MaybeLater<RelabelTrace | undefined>
  /** What becomes of a series that a target exposes. Undefined where there is no such target. */
  traceSeries(id: string, exposed: LabelPairs): MaybeLater<RelabelTrace | undefined>
}

/** Something that another thread may have to be asked for. */
type MaybeLater<Value> = Value | Promise<Value>
