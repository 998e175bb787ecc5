import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { horizontalPodAutoscalers } from './horizontalpodautoscalers.ts'

const autoscaler = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'h1',
    generation: 2,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' },
    minReplicas: 2,
    maxReplicas: 20,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
      {
        type: 'Resource',
        resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '800Mi' } },
      },
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'cpu',
          container: 'nginx',
          target: { type: 'AverageValue', averageValue: '150m' },
        },
      },
      {
        type: 'Pods',
        pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '1k' } },
      },
      {
        type: 'Object',
        object: {
          metric: { name: 'hits' },
          describedObject: { kind: 'Ingress', name: 'web' },
          target: { type: 'Value', value: '10', averageValue: '2500m' },
        },
      },
      { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } },
      { type: 'Future', future: { metric: { name: 'unknown' }, target: { type: 'Value', value: '1' } } },
    ],
    behavior: { scaleUp: { tolerance: '50m' }, scaleDown: { tolerance: '100m' } },
  },
  status: {
    observedGeneration: 2,
    currentReplicas: 4,
    desiredReplicas: 5,
    currentMetrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 96, averageValue: '240m' } },
      },
      { type: 'Pods' },
      { type: '' },
    ],
    conditions: [
      { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
      { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
    ],
  },
}

test('an autoscaler is told as kube-state-metrics does', () => {
  expect(tell(horizontalPodAutoscalers, autoscaler)).toEqual([
    'kube_horizontalpodautoscaler_info{horizontalpodautoscaler="web", namespace="shop", scaletargetref_api_version="apps/v1", scaletargetref_kind="Deployment", scaletargetref_name="web"} 1',
    'kube_horizontalpodautoscaler_created{horizontalpodautoscaler="web", namespace="shop"} 1767225600',
    'kube_horizontalpodautoscaler_metadata_generation{horizontalpodautoscaler="web", namespace="shop"} 2',
    'kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="web", namespace="shop"} 20',
    'kube_horizontalpodautoscaler_spec_min_replicas{horizontalpodautoscaler="web", namespace="shop"} 2',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="cpu", metric_target_type="utilization", namespace="shop"} 80',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="memory", metric_target_type="average", namespace="shop"} 838860800',
    'kube_horizontalpodautoscaler_spec_target_metric{container="nginx", horizontalpodautoscaler="web", metric_name="cpu", metric_target_type="average", namespace="shop"} 0.15',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="requests", metric_target_type="average", namespace="shop"} 1000',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="hits", metric_target_type="value", namespace="shop"} 10',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="hits", metric_target_type="average", namespace="shop"} 2.5',
    'kube_horizontalpodautoscaler_spec_target_metric{container="", horizontalpodautoscaler="web", metric_name="queue", metric_target_type="value", namespace="shop"} 30',
    'kube_horizontalpodautoscaler_status_target_metric{container="", horizontalpodautoscaler="web", metric_name="cpu", metric_target_type="utilization", namespace="shop"} 96',
    'kube_horizontalpodautoscaler_status_target_metric{container="", horizontalpodautoscaler="web", metric_name="cpu", metric_target_type="average", namespace="shop"} 0.24',
    'kube_horizontalpodautoscaler_spec_behavior_scale_down_tolerance{horizontalpodautoscaler="web", namespace="shop"} 0.1',
    'kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance{horizontalpodautoscaler="web", namespace="shop"} 0.05',
    'kube_horizontalpodautoscaler_status_current_replicas{horizontalpodautoscaler="web", namespace="shop"} 4',
    'kube_horizontalpodautoscaler_status_desired_replicas{horizontalpodautoscaler="web", namespace="shop"} 5',
    'kube_horizontalpodautoscaler_status_condition{condition="AbleToScale", horizontalpodautoscaler="web", namespace="shop", status="true"} 1',
    'kube_horizontalpodautoscaler_status_condition{condition="AbleToScale", horizontalpodautoscaler="web", namespace="shop", status="false"} 0',
    'kube_horizontalpodautoscaler_status_condition{condition="AbleToScale", horizontalpodautoscaler="web", namespace="shop", status="unknown"} 0',
    'kube_horizontalpodautoscaler_status_condition{condition="ScalingLimited", horizontalpodautoscaler="web", namespace="shop", status="true"} 0',
    'kube_horizontalpodautoscaler_status_condition{condition="ScalingLimited", horizontalpodautoscaler="web", namespace="shop", status="false"} 1',
    'kube_horizontalpodautoscaler_status_condition{condition="ScalingLimited", horizontalpodautoscaler="web", namespace="shop", status="unknown"} 0',
  ])
})

test("an autoscaler is told in the Collector's words", () => {
  expect(tell(horizontalPodAutoscalers, autoscaler, { naming: 'otel' })).toEqual([
    'k8s.hpa.max_replicas{} 20 [k8s.hpa.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.min_replicas{} 2 [k8s.hpa.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.current_replicas{} 4 [k8s.hpa.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.desired_replicas{} 5 [k8s.hpa.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
  ])
})

test('an autoscaler is told in words of the semantic conventions', () => {
  expect(tell(horizontalPodAutoscalers, autoscaler, { naming: 'semconv' })).toEqual([
    'k8s.hpa.pod.max{} 20 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.pod.min{} 2 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.metric.target.cpu.average_utilization{k8s.hpa.metric.type="Resource"} 80 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.metric.target.cpu.average_value{k8s.container.name="nginx", k8s.hpa.metric.type="ContainerResource"} 0.15 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.pod.current{} 4 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
    'k8s.hpa.pod.desired{} 5 [k8s.hpa.name="web", k8s.hpa.scaletargetref.api_version="apps/v1", k8s.hpa.scaletargetref.kind="Deployment", k8s.hpa.scaletargetref.name="web", k8s.hpa.uid="h1", k8s.namespace.name="shop"]',
  ])
})

test('an autoscaler may leave out how few pods it keeps, which is one', () => {
  const lines = tell(horizontalPodAutoscalers, { spec: { maxReplicas: 3 } })
  expect(lines).toContain('kube_horizontalpodautoscaler_spec_min_replicas{horizontalpodautoscaler="it"} 1')
})

test('two containers are aimed at apart', () => {
  const metrics = ['a', 'b'].map((container) => ({
    type: 'ContainerResource',
    containerResource: { name: 'cpu', container, target: { averageUtilization: 50 } },
  }))
  const lines = tell(horizontalPodAutoscalers, { spec: { metrics } })
  expect(lines.filter((line) => line.includes('spec_target_metric'))).toHaveLength(2)
})
