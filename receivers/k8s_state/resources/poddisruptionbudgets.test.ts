import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { podDisruptionBudgets } from './poddisruptionbudgets.ts'

const budget = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'p1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  status: {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 4,
    conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
  },
}

test('a budget is told as kube-state-metrics does', () => {
  expect(tell(podDisruptionBudgets, budget)).toEqual([
    'kube_poddisruptionbudget_created{namespace="shop", poddisruptionbudget="web"} 1767225600',
    'kube_poddisruptionbudget_status_current_healthy{namespace="shop", poddisruptionbudget="web"} 3',
    'kube_poddisruptionbudget_status_desired_healthy{namespace="shop", poddisruptionbudget="web"} 2',
    'kube_poddisruptionbudget_status_pod_disruptions_allowed{namespace="shop", poddisruptionbudget="web"} 1',
    'kube_poddisruptionbudget_status_expected_pods{namespace="shop", poddisruptionbudget="web"} 4',
    'kube_poddisruptionbudget_status_observed_generation{namespace="shop", poddisruptionbudget="web"} 1',
  ])
})
