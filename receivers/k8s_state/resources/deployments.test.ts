import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { deployments } from './deployments.ts'

const deployment = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'd1',
    resourceVersion: '4711',
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'web' },
    annotations: { 'deployment.kubernetes.io/revision': '2' },
  },
  spec: {
    replicas: 10,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  },
  status: {
    observedGeneration: 3,
    replicas: 11,
    updatedReplicas: 4,
    readyReplicas: 8,
    availableReplicas: 7,
    unavailableReplicas: 4,
    terminatingReplicas: 1,
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastUpdateTime: '2026-01-01T00:00:09Z',
        lastTransitionTime: '2026-01-01T00:00:09Z',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' },
    ],
  },
}

test('a deployment is told as kube-state-metrics does', () => {
  expect(tell(deployments, deployment)).toEqual([
    'kube_deployment_created{deployment="web", namespace="shop"} 1767225600',
    'kube_deployment_metadata_generation{deployment="web", namespace="shop"} 3',
    'kube_deployment_owner{deployment="web", namespace="shop", owner_kind="", owner_name=""} 1',
    'kube_deployment_status_replicas{deployment="web", namespace="shop"} 11',
    'kube_deployment_status_replicas_ready{deployment="web", namespace="shop"} 8',
    'kube_deployment_status_replicas_available{deployment="web", namespace="shop"} 7',
    'kube_deployment_status_replicas_unavailable{deployment="web", namespace="shop"} 4',
    'kube_deployment_status_replicas_updated{deployment="web", namespace="shop"} 4',
    'kube_deployment_status_terminating_replicas{deployment="web", namespace="shop"} 1',
    'kube_deployment_status_observed_generation{deployment="web", namespace="shop"} 3',
    'kube_deployment_status_condition{condition="Available", deployment="web", namespace="shop", reason="MinimumReplicasAvailable", status="true"} 1',
    'kube_deployment_status_condition{condition="Available", deployment="web", namespace="shop", reason="MinimumReplicasAvailable", status="false"} 0',
    'kube_deployment_status_condition{condition="Available", deployment="web", namespace="shop", reason="MinimumReplicasAvailable", status="unknown"} 0',
    'kube_deployment_status_condition{condition="Progressing", deployment="web", namespace="shop", reason="DeploymentPaused", status="true"} 0',
    'kube_deployment_status_condition{condition="Progressing", deployment="web", namespace="shop", reason="DeploymentPaused", status="false"} 0',
    'kube_deployment_status_condition{condition="Progressing", deployment="web", namespace="shop", reason="DeploymentPaused", status="unknown"} 1',
    'kube_deployment_spec_replicas{deployment="web", namespace="shop"} 10',
    'kube_deployment_spec_paused{deployment="web", namespace="shop"} 0',
    'kube_deployment_spec_strategy_rollingupdate_max_unavailable{deployment="web", namespace="shop"} 2',
    'kube_deployment_spec_strategy_rollingupdate_max_surge{deployment="web", namespace="shop"} 3',
  ])
})

test("a deployment is told in the Collector's words", () => {
  expect(tell(deployments, deployment, { naming: 'otel' })).toEqual([
    'k8s.deployment.available{} 7 [k8s.deployment.name="web", k8s.deployment.uid="d1", k8s.namespace.name="shop"]',
    'k8s.deployment.desired{} 10 [k8s.deployment.name="web", k8s.deployment.uid="d1", k8s.namespace.name="shop"]',
  ])
})

test('a deployment is told in words of the semantic conventions', () => {
  expect(tell(deployments, deployment, { naming: 'semconv' })).toEqual([
    'k8s.deployment.pod.available{} 7 [k8s.deployment.name="web", k8s.deployment.uid="d1", k8s.namespace.name="shop"]',
    'k8s.deployment.pod.desired{} 10 [k8s.deployment.name="web", k8s.deployment.uid="d1", k8s.namespace.name="shop"]',
  ])
})

test('a deployment is told in words of the monitoring proposal', () => {
  expect(tell(deployments, deployment, { naming: 'vm' })).toEqual([
    'vm_kube_deployment_status{deployment="web", namespace="shop", status_type="replicas"} 11',
    'vm_kube_deployment_status{deployment="web", namespace="shop", status_type="ready"} 8',
    'vm_kube_deployment_status{deployment="web", namespace="shop", status_type="available"} 7',
  ])
})

test('without a rollout by parts, and without a number of pods, there are no shares of it', () => {
  const recreated = { ...deployment, spec: { replicas: 3, strategy: { type: 'Recreate' } } }
  const unnumbered = { ...deployment, spec: { strategy: deployment.spec.strategy } }
  for (const each of [recreated, unnumbered])
    expect(tell(deployments, each).filter((line) => line.includes('rollingupdate'))).toEqual([])
})

function shareOf(maxUnavailable: unknown): string[] {
  const strategy = { rollingUpdate: { maxUnavailable } }
  const lines = tell(deployments, { spec: { replicas: 7, strategy } })
  return lines.filter((line) => line.includes('rollingupdate')).map((line) => line.split(' ').at(-1) ?? '')
}

test('what may be missing is a number as it is, and nothing if it is neither number nor share', () => {
  expect([4, 0, '100%', '1%', '4', 'x%', null].map(shareOf)).toEqual([['4'], ['0'], ['7'], ['0'], [], [], []])
})

test('a reason that the controller does not give is unknown, and none is none', () => {
  const conditions = ['FailedCreate', undefined].map((reason, index) => ({
    type: `C${index}`,
    status: 'True',
    ...(reason !== undefined && { reason }),
  }))
  const told = tell(deployments, { status: { conditions } }).filter((line) =>
    line.endsWith('status="true"} 1'),
  )
  expect(told).toEqual([
    'kube_deployment_status_condition{condition="C0", deployment="it", reason="unknown", status="true"} 1',
    'kube_deployment_status_condition{condition="C1", deployment="it", reason="", status="true"} 1',
  ])
})
