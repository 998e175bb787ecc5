import type { V1PodDisruptionBudget } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { numberFact } from '../number-fact.ts'
import { created, deletion, observedGeneration } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type PodDisruptionBudget = ApiObject<V1PodDisruptionBudget>
const of = family<PodDisruptionBudget>()

/** PodDisruptionBudgets, as `kube_poddisruptionbudget_*`. */
export const podDisruptionBudgets = stateResource<PodDisruptionBudget>({
  resource: { group: 'policy', version: 'v1', name: 'poddisruptionbudgets', namespaced: true },
  byDefault: true,
  prefix: 'kube_poddisruptionbudget',
  label: 'poddisruptionbudget',
  attribute: 'k8s.poddisruptionbudget',
  families: [
    created('kube_poddisruptionbudget'),
    deletion('kube_poddisruptionbudget'),
    of(
      numberFact({
        fact: 'pods that are healthy',
        source: 'status.currentHealthy',
        prometheus: 'kube_poddisruptionbudget_status_current_healthy',
      }),
      ({ status }) => status?.currentHealthy ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that must be healthy at least',
        source: 'status.desiredHealthy',
        prometheus: 'kube_poddisruptionbudget_status_desired_healthy',
      }),
      ({ status }) => status?.desiredHealthy ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that may be evicted now',
        source: 'status.disruptionsAllowed',
        prometheus: 'kube_poddisruptionbudget_status_pod_disruptions_allowed',
      }),
      ({ status }) => status?.disruptionsAllowed ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that it counts',
        source: 'status.expectedPods',
        prometheus: 'kube_poddisruptionbudget_status_expected_pods',
      }),
      ({ status }) => status?.expectedPods ?? 0,
    ),
    observedGeneration('kube_poddisruptionbudget'),
  ],
})
