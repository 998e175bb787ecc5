import { Options, Type, type Static } from '#src/config/schema.ts'
import type { DiscoveredLabels, Discovery } from './discovery.ts'
import { labelsOfGroup } from './target-group.ts'

/** Targets that are listed, and the labels that all of them get. */
export const StaticConfig = Options({
  targets: Type.Array(Type.String(), {
    description: 'Where the targets are: host:port each, or as vmagent has it a whole URL.',
    default: [],
  }),
  labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels that all of them get.',
    default: {},
  }),
})

/** Tells the targets that the configuration lists, once. */
export class StaticDiscovery implements Discovery {
  readonly #targets: readonly DiscoveredLabels[]

  constructor(group: Static<typeof StaticConfig>) {
    this.#targets = labelsOfGroup(group)
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    onTargets(this.#targets)
  }

  stop(): void {}
}
