import { expect, test } from 'vitest'
import { identify, rootIdentity } from './cgroup-identity.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { findCgroups, mostCgroups, type FoundCgroup } from './cgroup-tree.ts'

const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const slice = uid.replaceAll('-', '_')
const id = '0123456789abcdef'.repeat(4)
const outer = 'f'.repeat(64)
const hash = '0123456789abcdef'.repeat(2)

/** The containers and pods that are found where folders are. */
async function found(paths: readonly string[]): Promise<FoundCgroup[]> {
  const host = await FakeHost.create(Object.fromEntries(paths.map((path) => [`/c${path}/cgroup.procs`, ''])))
  try {
    return findCgroups(new HostFiles(host.root), '/c')
  } finally {
    await host.close()
  }
}

const burstable = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${slice}.slice`
const kind = '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice'

test.each([
  ['cgroupfs, containerd', `/kubepods/burstable/pod${uid}/${id}`, '', 'Burstable'],
  ['cgroupfs, Docker', `/kubepods/besteffort/pod${uid}/${id}`, '', 'BestEffort'],
  ['cgroupfs, Guaranteed', `/kubepods/pod${uid}/${id}`, '', 'Guaranteed'],
  ['cgroupfs, CRI-O', `/kubepods/burstable/pod${uid}/crio-${id}`, 'crio', 'Burstable'],
  ['systemd, containerd', `${burstable}/cri-containerd-${id}.scope`, 'cri-containerd', 'Burstable'],
  [
    'systemd, Guaranteed',
    `/kubepods.slice/kubepods-pod${slice}.slice/cri-containerd-${id}.scope`,
    'cri-containerd',
    'Guaranteed',
  ],
  ['systemd, CRI-O', `${burstable}/crio-${id}.scope`, 'crio', 'Burstable'],
  ['systemd, CRI-O with crun', `${burstable}/crio-${id}.scope/container`, 'crio', 'Burstable'],
  ['systemd, Docker', `${burstable}/docker-${id}.scope`, 'docker', 'Burstable'],
  [
    'containerd that is not told of systemd',
    `/system.slice/containerd.service/kubepods-burstable-pod${slice}.slice:cri-containerd:${id}`,
    'cri-containerd',
    'Burstable',
  ],
  [
    'the same at the top',
    `/kubepods-besteffort-pod${slice}.slice:cri-containerd:${id}`,
    'cri-containerd',
    'BestEffort',
  ],
  [
    'kind, inside of the node',
    `${kind}/kubelet-kubepods-burstable-pod${slice}.slice/cri-containerd-${id}.scope`,
    'cri-containerd',
    'Burstable',
  ],
  [
    'kind, from outside',
    `/docker/${outer}${kind}/kubelet-kubepods-burstable-pod${slice}.slice/cri-containerd-${id}.scope`,
    'cri-containerd',
    'Burstable',
  ],
  [
    'kind with systemd, from outside',
    `/system.slice/docker-${outer}.scope${kind}/kubelet-kubepods-burstable-pod${slice}.slice/cri-containerd-${id}.scope`,
    'cri-containerd',
    'Burstable',
  ],
  ['kind with cgroupfs', `/kubelet/kubepods/burstable/pod${uid}/${id}`, '', 'Burstable'],
])('%s: pod, container and class are found', async (_, path, runtime, qos) => {
  const containers = (await found([path])).filter(({ podUid, kind }) => podUid !== '' && kind === 'container')
  expect(containers).toEqual([
    {
      kind: 'container',
      podUid: uid,
      qos,
      containerId: id,
      runtime,
      path: path.endsWith('/container') ? path.slice(0, -'/container'.length) : path,
    },
  ])
})

test.each([
  ['Docker', `/docker/${id}`, id, ''],
  ['Docker with systemd', `/system.slice/docker-${id}.scope`, id, 'docker'],
  ['podman', `/machine.slice/libpod-${id}.scope/container`, id, 'libpod'],
  [
    'rootless podman',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`,
    id,
    'libpod',
  ],
  ['nerdctl', `/system.slice/nerdctl-${id}.scope`, id, 'nerdctl'],
  ['LXC', '/lxc.payload.web', 'web', 'lxc.payload'],
])('%s: a container of no pod is found', async (_, path, containerId, runtime) => {
  const containers = (await found([path])).filter((each) => each.kind === 'container')
  expect(containers).toMatchObject([{ podUid: '', qos: undefined, containerId, runtime }])
})

test('what a container has below it is its own affair, and monitors and builds are none', async () => {
  const paths = [
    `${burstable}/crio-${id}.scope/system.slice/docker-${outer}.scope`,
    `${burstable}/crio-conmon-${outer}.scope`,
    `/docker/${id}/docker/${outer}`,
    '/docker/buildkit/abc',
    '/system.slice/var-lib.mount',
  ]
  const all = await found(paths)
  expect(all.flatMap((each) => (each.containerId === '' ? [] : [each.path]))).toEqual([
    `/docker/${id}`,
    `${burstable}/crio-${id}.scope`,
  ])
  expect(all.some(({ path }) => path.includes('mount') || path.includes('buildkit'))).toBe(false)
})

test('a static pod has the hash of its manifest, or whatever its manifest says', async () => {
  const pods = (await found([`/kubepods/burstable/pod${hash}`, '/kubepods/podmy-etcd.1'])).filter(
    (each) => each.kind === 'pod',
  )
  expect(new Map(pods.map(({ podUid, qos }) => [podUid, qos]))).toEqual(
    new Map([
      [hash, 'Burstable'],
      ['my-etcd.1', 'Guaranteed'],
    ]),
  )
})

test('the folder of all pods and its classes are slices', async () => {
  const all = await found([burstable])
  expect(all.map(({ kind, qos }) => [kind, qos])).toEqual([
    ['root', undefined],
    ['slice', undefined],
    ['slice', 'Burstable'],
    ['pod', 'Burstable'],
  ])
})

test('a name that only looks like one of a pod is a slice outside of the folder of pods', () => {
  const names = ['podman.service', 'pod-x', 'user-1000.slice', `${id}0`]
  expect(names.map((name) => identify(name, rootIdentity, false).kind)).toEqual(Array(4).fill('slice'))
})

test('a tree without end costs a bounded time', () => {
  let reads = 0
  const endless = {
    folders: () => {
      reads++
      return Array.from({ length: 200 }, (_, index) => `f${index}`)
    },
  } as unknown as HostFiles
  expect(findCgroups(endless, '/c')).toHaveLength(mostCgroups)
  expect(reads).toBeLessThan(mostCgroups)
})
