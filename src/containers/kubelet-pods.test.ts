import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identitiesOfPodList } from './kubelet-pods.ts'

const id = 'a'.repeat(64)

function podList(pod: object): unknown {
  return { kind: 'PodList', items: [pod] }
}

test('containers of all kinds are read, with their state', () => {
  const { containers, pods } = identitiesOfPodList(
    podList({
      metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1', labels: { app: 'web' } },
      spec: {},
      status: {
        containerStatuses: [
          {
            name: 'nginx',
            containerID: `containerd://${id}`,
            image: 'nginx:1',
            restartCount: 3,
            state: { running: { startedAt: '2023-11-14T22:13:20Z' } },
          },
          { name: 'waits', containerID: '', state: { waiting: { reason: 'ContainerCreating' } } },
        ],
        initContainerStatuses: [
          {
            name: 'init',
            containerID: 'cri-o://b',
            state: {
              terminated: {
                exitCode: 1,
                reason: 'Error',
                startedAt: '2023-11-14T22:13:20Z',
                finishedAt: '2023-11-14T22:13:29Z',
              },
            },
          },
        ],
      },
    }),
  )
  expect(containers).toMatchObject([
    {
      id,
      runtime: 'containerd',
      pod: 'web-1',
      namespace: 'shop',
      podUid: 'u-1',
      container: 'nginx',
      restarts: 3,
      state: 'running',
      startedAt: 1_700_000_000_000,
      hostNetwork: false,
    },
    { id: 'b', runtime: 'cri-o', container: 'init', state: 'exited', exitCode: 1, exitReason: 'Error' },
  ])
  expect(pods).toMatchObject([{ podUid: 'u-1', labels: new Map([['app', 'web']]) }])
})

test('a static pod is known by the hash of its manifest, as cgroups and logs know it', () => {
  const annotations = { 'kubernetes.io/config.hash': '0123456789abcdef0123456789abcdef' }
  const { pods } = identitiesOfPodList(
    podList({ metadata: { name: 'etcd', namespace: 'kube-system', uid: 'api', annotations } }),
  )
  expect(pods).toMatchObject([{ pod: 'etcd', podUid: annotations['kubernetes.io/config.hash'] }])
})

test('whatever JSON comes instead of a list of pods, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const body of [
        value,
        { items: value },
        podList({ metadata: value, status: value }),
        podList({ metadata: { name: 'a', uid: 'b' }, status: { containerStatuses: value } }),
      ])
        expect(() => identitiesOfPodList(body)).not.toThrow()
    }),
  )
})
