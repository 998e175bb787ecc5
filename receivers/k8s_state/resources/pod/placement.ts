import type { V1Toleration } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import { labelsOf } from '../../label-names.ts'
import type { StateFamily } from '../../state-resource.ts'
import { of, type Pod } from './pod.ts'

/** Taints of nodes that pods bear. */
export const tolerations: StateFamily<Pod> = of(
  labelFact({
    fact: 'a taint of nodes that it bears',
    source: 'spec.tolerations',
    prometheus: 'kube_pod_tolerations',
    labels: ['key', 'operator', 'value', 'effect', 'toleration_seconds'],
  }),
  ({ spec }, add) => {
    const all: readonly Wire<V1Toleration>[] = spec?.tolerations ?? []
    const told = new Set<string>()
    for (const { key = '', operator = '', value = '', effect = '', tolerationSeconds } of all) {
      const words = { key, operator, value, effect, toleration_seconds: String(tolerationSeconds ?? '') }
      // The API lets the same one be given twice.
      const identity = Object.values(words).join('\u0000')
      if (!told.has(identity)) add(1, words)
      told.add(identity)
    }
  },
)

/** Labels of nodes that pods want. */
export const nodeSelectors: StateFamily<Pod> = of(
  {
    fact: 'labels that its node must have',
    source: 'spec.nodeSelector',
    by: [],
    prometheus: {
      name: 'kube_pod_nodeselectors',
      kind: 'gauge',
      enabled: false,
      description: 'Labels that its node must have.',
    },
  },
  ({ spec }, add) => add(1, {}, { prometheus: labelsOf('nodeselector_', spec?.nodeSelector, ['*']) }),
)
