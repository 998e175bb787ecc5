import type { V1Namespace, V1NamespaceCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { addCondition, created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool } from '../values.ts'

type Namespace = ApiObject<V1Namespace>
const of = family<Namespace>()

const phases = ['Active', 'Terminating'] as const

/** The Collector's numbers for phases. */
const phaseNumbers = new Map(Object.entries({ Active: 1, Terminating: 0 }))

export const namespaces = stateResource<Namespace>({
  resource: { group: '', version: 'v1', name: 'namespaces', namespaced: false },
  byDefault: true,
  prefix: 'kube_namespace',
  label: 'namespace',
  attribute: 'k8s.namespace',
  families: [
    created('kube_namespace'),
    of(
      {
        ...labelFact({
          fact: 'whether it is in a phase',
          source: 'status.phase',
          prometheus: 'kube_namespace_status_phase',
          labels: ['phase'],
        }),
        semconv: {
          name: 'k8s.namespace.phase',
          kind: 'updowncounter',
          unit: '{namespace}',
          integer: true,
          description: 'Whether it is in a phase: 1 for the one it is in, 0 for the other.',
          phase: { as: 'k8s.namespace.phase', values: { Active: 'active', Terminating: 'terminating' } },
        },
      },
      ({ status }, add) => {
        for (const phase of phases) add(bool(phase === status?.phase), { phase })
      },
    ),
    of(
      numberFact({
        fact: 'its phase as a number: 1 active, 0 terminating, -1 unknown',
        source: 'status.phase',
        otel: 'k8s.namespace.phase',
      }),
      ({ status }) => phaseNumbers.get(status?.phase ?? '') ?? -1,
    ),
    of(
      labelFact({
        fact: 'what is said of a condition of it',
        source: 'status.conditions',
        prometheus: 'kube_namespace_status_condition',
        labels: ['condition', 'status'],
      }),
      ({ status }, add) => {
        const conditions: readonly Wire<V1NamespaceCondition>[] = status?.conditions ?? []
        for (const { type: condition, status: said } of conditions)
          addCondition(add, said, (each) => ({ condition, status: each }))
      },
    ),
  ],
})
