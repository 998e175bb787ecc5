import type { DiscoveredLabels, Discovery } from './discovery.ts'
import { labelsOfGroup, type TargetGroup } from './target-group.ts'

/** Tells the targets that the configuration lists, once. */
export class StaticDiscovery implements Discovery {
  readonly #targets: readonly DiscoveredLabels[]

  constructor(group: TargetGroup) {
    this.#targets = labelsOfGroup(group)
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    onTargets(this.#targets)
  }

  stop(): void {}
}
