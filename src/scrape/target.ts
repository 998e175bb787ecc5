import type { DiscoveredLabels } from '#src/discovery/discovery.ts'

/** Something to scrape. */
export interface Target {
  /** What discovery said. */
  readonly discovered: DiscoveredLabels
  /** The labels that its series bear: name, value, ... , sorted by name. */
  readonly labels: readonly string[]
  /** The labels that steer scraping (`__address__`, `__param_...`): name, value, ... , sorted by name. */
  readonly controls: readonly string[]
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** The same for equal labels and URL, and only for those, whatever interval and timeout are. */
  readonly key: string
}

/** Why a discovered target is not scraped. */
export type DropReason = 'relabeling' | 'invalid' | 'duplicate'

/** A discovered target that is not scraped. */
export interface DroppedTarget {
  readonly discovered: DiscoveredLabels
  readonly reason: DropReason
  /** For people: what is wrong with it; empty where a rule dropped it. */
  readonly detail: string
}
