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

test('a pod that is only asked for says what its specification says, and nothing of what it has not', () => {
  const told = tell(pods, { metadata: { namespace: 'shop' }, spec: { containers: [{ name: 'app' }] } })
  expect(told.map((line) => line.replace(/[{ ].*/, ''))).toEqual([
    'kube_pod_info',
    'kube_pod_owner',
    'kube_pod_restart_policy',
    ...Array.from({ length: 5 }, () => 'kube_pod_status_reason'),
    'kube_pod_service_account',
    'kube_pod_scheduler',
  ])
})

test('a pod that no node was found for says so, and since when', () => {
  const conditions = [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ]
  expect(told('kube_pod_status_(un)?schedul', { status: { phase: 'Pending', conditions } })).toEqual([
    'kube_pod_status_scheduled{condition="true"} 0',
    'kube_pod_status_scheduled{condition="false"} 1',
    'kube_pod_status_scheduled{condition="unknown"} 0',
    'kube_pod_status_unscheduled_time{} 1767225600',
    'kube_pod_status_unschedulable{} 1',
  ])
})

test('the known reasons are told always, rarer ones where they are given, and all others as one', () => {
  const reasons = (status: object): string[] => {
    const lines = told('kube_pod_status_reason', { status })
    return lines.flatMap((line) => /reason="(\w+)"\} 1$/.exec(line)?.[1] ?? [])
  }
  expect(told('kube_pod_status_reason', {})).toHaveLength(5)
  expect(reasons({ reason: 'Evicted' })).toEqual(['Evicted'])
  expect(reasons({ reason: 'OutOfpods' })).toEqual(['Other'])
  expect(reasons({ conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] })).toEqual([
    'SchedulingGated',
  ])
  expect(
    reasons({ containerStatuses: [{ name: 'app', state: { terminated: { reason: 'Shutdown' } } }] }),
  ).toEqual(['Shutdown'])
})

test('a pod that was evicted says why and when', () => {
  const condition = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const disrupted = (reason: string): string[] =>
    told('kube_pod_status_disruption', { status: { conditions: [{ ...condition, reason }] } }, [
      'kube_pod_status_disruption_time',
    ])
  expect(disrupted('TerminationByKubelet')).toEqual([
    'kube_pod_status_disruption_reason{reason="TerminationByKubelet"} 1',
    'kube_pod_status_disruption_time{reason="TerminationByKubelet"} 1767225600',
  ])
  expect(disrupted('Whatever')[0]).toBe('kube_pod_status_disruption_reason{reason="Other"} 1')
})

test('a pod is complete when the last of its containers has ended', () => {
  const [first, last] = [ended('Completed', '2026-01-01T00:00:00Z'), ended('Error', '2026-01-01T00:00:09Z')]
  expect(completion(first, last, { terminated: { finishedAt: null } })).toEqual([
    'kube_pod_completion_time{} 1767225609',
  ])
  expect(completion({ terminated: { finishedAt: null } }, { running: {} })).toEqual([])
})

test('of each reason for which a container ended the latest time stays, also once it has ended for another', () => {
  const killed = ended('OOMKilled', '2026-01-01T00:00:00Z')
  expect(terminations({ running: {} }, killed)).toEqual(['OOMKilled 1767225600'])
  expect(terminations(ended('Error', '2026-01-01T00:00:05Z'), killed)).toEqual([
    'Error 1767225605',
    'OOMKilled 1767225600',
  ])
  expect(terminations(ended('OOMKilled', '2026-01-01T00:00:05Z'), killed)).toEqual(['OOMKilled 1767225605'])
})

test.each([
  ['nginx', 'nginx', 'latest'],
  ['registry:5000/team/app', 'registry:5000/team/app', 'latest'],
  ['registry:5000/team/app:v1@sha256:1f', 'registry:5000/team/app', 'v1'],
  ['app@sha256:1f', 'app', 'latest'],
  [`sha256:${'0f'.repeat(32)}`, 'wanted', 'v2'],
])('the image %s has the name %s and the tag %s', (image, name, tag) => {
  const [line] = tell(
    pods,
    {
      spec: { containers: [{ name: 'app', image: 'wanted:v2' }] },
      status: { containerStatuses: [{ name: 'app', image, ready: true }] },
    },
    { naming: 'otel' },
  )
  expect(line).toContain(`container.image.name="${name}", container.image.tag="${tag}"`)
})

test('the labels that its node must have are told where they are asked for', () => {
  const spec = { nodeSelector: { 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': 'a' } }
  expect(told('kube_pod_nodeselectors', { spec })).toEqual([])
  expect(told('kube_pod_nodeselectors', { spec }, ['kube_pod_nodeselectors'])).toEqual([
    'kube_pod_nodeselectors{nodeselector_kubernetes_io_os="linux", nodeselector_topology_kubernetes_io_zone="a"} 1',
  ])
})

test('the Collector numbers phases and reasons, and takes for unknown what it does not know', () => {
  expect(numbers({ phase: 'Failed', reason: 'Evicted' })).toEqual(['4', '1'])
  expect(numbers({ phase: 'Strange', reason: 'Strange' })).toEqual(['5', '6'])
  expect(numbers({})).toEqual(['5', '6'])
})

/** The lines of metrics whose names begin in some way, without what says whose they are. */
function told(beginning: string, object: object, enabled: readonly string[] = []): string[] {
  return tell(pods, object, { enabled })
    .filter((line) => new RegExp(`^${beginning}`).test(line))
    .map((line) =>
      line
        .replace(/(?:, )?uid="u1"/, '')
        .replace(/pod="it"(?:, )?/, '')
        .replace(', }', '}'),
    )
}

/** The state of a container that has ended. */
function ended(reason: string, finishedAt: string): object {
  return { terminated: { reason, exitCode: 1, finishedAt } }
}

function completion(...states: object[]): string[] {
  const containerStatuses = states.map((state, index) => ({ name: `c${index}`, state }))
  return told('kube_pod_completion_time', { status: { containerStatuses } })
}

function terminations(state: object, lastState: object): string[] {
  return tell(pods, { status: { containerStatuses: [{ name: 'app', state, lastState }] } }, { naming: 'vm' })
    .filter((line) => line.includes('terminated'))
    .map((line) => line.replace(/.*reason="(\w+)".* /, '$1 '))
}

function numbers(status: object): (string | undefined)[] {
  return tell(pods, { status }, { naming: 'otel' }).flatMap((line) => / (\d) /.exec(line)?.[1] ?? [])
}
