import { afterEach, beforeEach, expect, test } from 'vitest'
import { CgroupFiles } from '#src/cgroup/cgroup-files.ts'
import { findHierarchies } from '#src/cgroup/hierarchies.ts'
import { identityOf, type ContainerIdentity, type PodIdentity } from '#src/containers/container-identity.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import type { Collector, Measured } from './collector.ts'
import { filesystemCollector } from './filesystem/index.ts'
import type { Level } from './level.ts'
import { networkCollector } from './network/index.ts'
import { stateCollector } from './state/index.ts'

const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const now = 1_700_000_100_500

let host: FakeHost

beforeEach(async () => {
  const headings = 'Inter-|\n face |\n'
  const eth0 = `  eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n    lo: 5 5${' 0'.repeat(14)}\n`
  host = await FakeHost.create({
    '/proc/1/net/dev': `${headings}${eth0.replaceAll('000', '999')}`,
    '/proc/42/net/dev': `${headings}${eth0}`,
    '/proc/42/cgroup': `0::/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${'c'.repeat(64)}.scope\n`,
    '/proc/43/cgroup': `0::/kubepods/pod${uid}/${'c'.repeat(64)}\n`,
    '/proc/1/mountinfo':
      '1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 8:2 / /var/lib/containerd rw - ext4 /dev/vdb rw\n',
    '/var/lib/containerd/x': '',
  })
  await host.link('/proc/1/ns/net', 'net:[1]')
  await host.link('/proc/42/ns/net', 'net:[2]')
  await host.link('/proc/43/ns/net', 'net:[1]')
})

afterEach(async () => await host.close())

/** What a collector records of one cgroup: by name and attributes. */
function recorded(
  collector: Collector,
  naming: Vocabulary,
  level: Level,
  known: {
    readonly container?: Partial<ContainerIdentity>
    readonly pod?: Partial<PodIdentity>
    readonly processes?: readonly number[]
  } = {},
): Record<string, unknown> {
  const { container, pod, processes = [] } = known
  const files = new HostFiles(host.root)
  const facts = new Facts(new Recorder(new Source('test', '')), {
    vocabularies: [naming],
    enabled: () => true,
  })
  const measured: Measured = {
    level,
    cgroup: new CgroupFiles(files, { hierarchies: findHierarchies(files), path: '/x' }, () => undefined),
    host: files,
    limits: {
      cpu: {},
      memory: { limit: undefined, swapLimit: undefined, reservation: undefined },
    } as Measured['limits'],
    owners: {
      container: container === undefined ? undefined : identityOf({ id: 'c'.repeat(64), ...container }),
      pod: pod === undefined ? undefined : { ...somePod, ...pod },
    },
    processes: () => processes,
    now,
    startTime: 1_700_000_000_000,
    at: 0,
    memory: new Map(),
  }
  facts.begin()
  collector.collect(measured, facts)
  return Object.fromEntries(
    facts
      .end(now)
      .flatMap(samplesOf)
      .map(({ name, attributes, value }) => [
        [name, ...Object.values(attributes).map(String)].join(' '),
        value,
      ]),
  )
}

const somePod: PodIdentity = {
  pod: 'web',
  namespace: 'shop',
  podUid: uid,
  sandboxId: '',
  sandboxPid: undefined,
  hostNetwork: undefined,
  labels: new Map(),
}

test('the traffic of a pod is told once: by the kubelet at the sandbox, by others at the pod', () => {
  const pod = { sandboxPid: 42 }
  expect(recorded(networkCollector, 'prometheus', 'sandbox', { pod, container: { pid: 42 } })).toEqual({
    'container_network_receive_bytes_total eth0': 1000,
    'container_network_receive_packets_total eth0': 10,
    'container_network_receive_errors_total eth0': 1,
    'container_network_receive_packets_dropped_total eth0': 2,
    'container_network_transmit_bytes_total eth0': 2000,
    'container_network_transmit_packets_total eth0': 20,
    'container_network_transmit_errors_total eth0': 3,
    'container_network_transmit_packets_dropped_total eth0': 4,
  })
  expect(recorded(networkCollector, 'prometheus', 'pod', { pod })).toEqual({})
  expect(recorded(networkCollector, 'otel', 'sandbox', { pod, container: { pid: 42 } })).toEqual({})
  expect(recorded(networkCollector, 'otel', 'pod', { pod })).toEqual({
    'k8s.pod.network.io receive eth0': 1000,
    'k8s.pod.network.io transmit eth0': 2000,
    'k8s.pod.network.errors receive eth0': 1,
    'k8s.pod.network.errors transmit eth0': 3,
  })
  expect(recorded(networkCollector, 'prometheus', 'container', { pod, processes: [42] })).toEqual({})
})

test('without a sandbox any process of the pod shows its network, at the pod', () => {
  const key = 'container_network_receive_bytes_total eth0'
  expect(recorded(networkCollector, 'prometheus', 'pod', { processes: [7, 42] })[key]).toBe(1000)
  expect(recorded(networkCollector, 'vm', 'pod', { processes: [42] })).toMatchObject({
    'vm_container_network_transmit_bytes_total eth0': 2000,
  })
  expect(recorded(networkCollector, 'prometheus', 'pod', { processes: [] })).toEqual({})
})

test('a pod in the network of the host has no traffic of its own; the node has', () => {
  expect(recorded(networkCollector, 'otel', 'pod', { pod: { sandboxPid: 43 }, processes: [43] })).toEqual({})
  expect(recorded(networkCollector, 'otel', 'node')).toMatchObject({
    'k8s.node.network.io receive eth0': 1999,
  })
})

test('a process that is another by now shows no network of the pod', async () => {
  await host.write('/proc/42/cgroup', '0::/system.slice/sshd.service\n')
  expect(recorded(networkCollector, 'otel', 'pod', { pod: { sandboxPid: 42 } })).toEqual({})
  expect(recorded(networkCollector, 'otel', 'plain', { container: { pid: 42 } })).toEqual({})
})

test('a plain container has the names of Docker', () => {
  expect(recorded(networkCollector, 'otel', 'plain', { container: { pid: 42 } })).toMatchObject({
    'container.network.io.usage.rx_bytes eth0': 1000,
    'container.network.io.usage.tx_dropped eth0': 4,
  })
  expect(recorded(networkCollector, 'semconv', 'plain', { container: { pid: 42 } })).toEqual({
    'container.network.io eth0 receive': 1000,
    'container.network.io eth0 transmit': 2000,
  })
})

test('a writable layer is told with the device that holds it; without one nothing is', () => {
  const writableLayer = {
    usedBytes: 4096,
    usedInodes: 7,
    mountpoint: '/var/lib/containerd/snapshots',
    time: 1,
  }
  const names = recorded(filesystemCollector, 'prometheus', 'container', { container: { writableLayer } })
  expect(names).toMatchObject({
    'container_fs_usage_bytes /dev/vdb': 4096,
    'container_fs_inodes_total /dev/vdb': 7,
  })
  expect(Number(names['container_fs_limit_bytes /dev/vdb'])).toBeGreaterThan(0)
  expect(recorded(filesystemCollector, 'otel', 'container', { container: { writableLayer } })).toMatchObject({
    'container.filesystem.usage': 4096,
  })
  expect(recorded(filesystemCollector, 'prometheus', 'container', { container: {} })).toEqual({})
})

test('a container that ended tells its state, its restarts and its code', () => {
  const container = {
    state: 'exited',
    startedAt: 1_700_000_050_000,
    restarts: 3,
    exitCode: 137,
    exitReason: 'OOMKilled',
  } as const
  expect(recorded(stateCollector, 'vm', 'container', { container })).toEqual({
    vm_container_start_time_seconds: 1_700_000_050,
    'vm_container_state created': 0,
    'vm_container_state running': 0,
    'vm_container_state paused': 0,
    'vm_container_state exited': 1,
    'vm_container_state unknown': 0,
    vm_container_restarts_total: 3,
    'vm_container_exit_code OOMKilled': 137,
  })
  expect(recorded(stateCollector, 'semconv', 'container', { container })).toEqual({
    'container.uptime': 50.5,
    'k8s.container.status.state waiting': 0,
    'k8s.container.status.state running': 0,
    'k8s.container.status.state terminated': 1,
    'k8s.container.restart.count': 3,
  })
})

test('what no runtime knows began when its cgroup was made', () => {
  expect(recorded(stateCollector, 'prometheus', 'container')).toMatchObject({
    container_start_time_seconds: 1_700_000_000,
    container_last_seen: 1_700_000_100,
  })
})
