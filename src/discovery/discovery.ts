import type { AccessRule, Account } from '#src/kubernetes/access-rule.ts'

/**
 * What discovery says of one target: labels as name, value, name, value. `__address__` is where it is, `__meta_...` says
 * what else is known; both are for relabeling. The same list again (by reference) is the same target again.
 */
export type DiscoveredLabels = readonly string[]

/** Finds targets. It does no I/O before `start`. */
export interface Discovery {
  /**
   * Begins. All targets are told at first, where there are any, and again, all of them, whenever they change. What
   * cannot be found out changes nothing: the targets before stay.
   */
  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void
  /** Ends it; nothing is told any more. */
  stop(): void
  /** What it must be allowed to do at the API server of Kubernetes, where it asks that. */
  access?(account: Account): readonly AccessRule[]
}
