import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { pods } from './pods.ts'

/** As an API server writes it: one container was killed for want of memory and runs again, one has yet to be pulled. */
const pod = {
  metadata: {
    name: 'web-7d9f-abcde',
    namespace: 'shop',
    uid: '6f1c',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-01T02:00:00Z',
    labels: { app: 'web' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d9f', uid: 'r1', controller: true },
      { apiVersion: 'v1', kind: 'Thing', name: 'other', uid: 't1' },
    ],
  },
  spec: {
    nodeName: 'node-1',
    hostNetwork: true,
    restartPolicy: 'Always',
    priorityClassName: 'high',
    serviceAccountName: 'web',
    schedulerName: 'default-scheduler',
    runtimeClassName: 'gvisor',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    overhead: { cpu: '250m', memory: '64Mi' },
    tolerations: [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
      { operator: 'Exists' },
    ],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'web-data', readOnly: true } },
      { name: 'scratch', ephemeral: { volumeClaimTemplate: {} } },
      { name: 'config', configMap: { name: 'web' } },
    ],
    resourceClaims: [
      { name: 'gpu', resourceClaimTemplateName: 'gpus' },
      { name: 'net', resourceClaimName: 'nic' },
      { name: 'neither' },
    ],
    initContainers: [
      { name: 'migrate', image: 'migrate:1', restartPolicy: 'Always', resources: { limits: { cpu: '1' } } },
    ],
    containers: [
      {
        name: 'app',
        image: 'registry.example:5000/web:1.2',
        resources: {
          requests: { cpu: '100m', memory: '1500m' },
          limits: { cpu: '1500m', memory: '128Mi', 'nvidia.com/gpu': '2', 'hugepages-2Mi': '4Mi', odd: '1' },
        },
      },
      { name: 'sidecar', image: 'proxy' },
    ],
  },
  status: {
    phase: 'Running',
    qosClass: 'Burstable',
    hostIP: '10.0.0.1',
    podIP: '10.1.0.7',
    podIPs: [{ ip: '10.1.0.7' }, { ip: 'fd00::7' }, { ip: 'no address' }],
    startTime: '2026-01-01T00:00:05Z',
    resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'web-gpu-x1' }],
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:04Z' },
      { type: 'Initialized', status: 'True', lastTransitionTime: '2026-01-01T00:00:10Z' },
      { type: 'ContainersReady', status: 'True', lastTransitionTime: '2026-01-01T00:00:19Z' },
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:20Z' },
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        lastTransitionTime: '2026-01-01T01:30:00Z',
      },
    ],
    initContainerStatuses: [
      {
        name: 'migrate',
        image: 'docker.io/library/migrate:1',
        imageID: 'sha256:11',
        containerID: 'containerd://aa',
        ready: true,
        restartCount: 0,
        state: {
          terminated: {
            exitCode: 0,
            reason: 'Completed',
            startedAt: '2026-01-01T00:00:06Z',
            finishedAt: '2026-01-01T00:00:09Z',
          },
        },
        lastState: {},
      },
    ],
    containerStatuses: [
      {
        name: 'app',
        image: 'registry.example:5000/web:1.2',
        imageID: 'registry.example:5000/web@sha256:22',
        containerID: 'containerd://bb',
        ready: true,
        started: true,
        restartCount: 3,
        state: { running: { startedAt: '2026-01-01T01:00:10Z' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: '2026-01-01T00:00:11Z',
            finishedAt: '2026-01-01T01:00:00Z',
          },
        },
        resources: { requests: { cpu: '200m', memory: '64Mi' }, limits: { cpu: '2', memory: '256Mi' } },
      },
      {
        name: 'sidecar',
        image: 'proxy',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'ErrImagePull' } },
        lastState: {},
      },
    ],
  },
}

test.each(['prometheus', 'otel', 'semconv', 'vm'] as const)(
  'a pod, and its containers, are told in the words of %s',
  async (naming) => {
    await expect(`${tell(pods, pod, { naming }).join('\n')}\n`).toMatchFileSnapshot(
      `golden/pods-${naming}.txt`,
    )
  },
)
