import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { deployments } from './deployments.ts'

const deployment = {
  metadata: { name: 'web', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z', generation: 3 },
  spec: { replicas: 10, strategy: { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } } },
  status: {
    replicas: 9,
    conditions: [{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' }],
  },
}

test('the shares of a rollout are of the wanted replicas, and what may be missing is rounded down', () => {
  expect(tell(deployments, deployment)).toContain(
    'kube_deployment_spec_strategy_rollingupdate_max_unavailable{deployment="web", namespace="shop"} 2',
  )
})
