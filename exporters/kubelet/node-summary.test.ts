import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { TestKubelet } from './test-exporter.ts'

const now = 1_700_000_000_000
const time = '2023-11-14T22:13:20Z'
const counter = { kind: 'sum', monotonic: true } as const
const app = { namespace: 'shop', pod: 'web-0', container: 'app', id: '/kubepods/podu/abc' }
const pod = { namespace: 'shop', pod: 'web-0', container: '', id: '/kubepods/podu' }
const slice = (id: string) => ({ namespace: '', pod: '', container: '', id })
const node = slice('/')

function scopeOf(attributes: Readonly<Record<string, string>>): Scope {
  return makeScope(makeResource(Object.entries(attributes).flat()))
}

test('waiting is told with its total in microseconds, and averages that follow from two samples', async () => {
  await using kubelet = await TestKubelet.start()
  const rows: readonly (readonly [Series, number])[] = [
    [series('container_cpu_usage_seconds_total', app, counter), 1],
    [series('container_memory_working_set_bytes', app), 1000],
    [series('container_pressure_cpu_waiting_seconds_total', app, counter), 3],
    [series('container_pressure_cpu_stalled_seconds_total', app, counter), 0],
    [series('container_pressure_memory_waiting_seconds_total', pod, counter), 1.5],
    [series('container_memory_working_set_bytes', pod), 1000],
    [series('container_pressure_io_stalled_seconds_total', node, counter), 0.25],
  ]
  const layout = layoutOf(rows.map(([each]) => each))
  for (const passed of [0, 15])
    kubelet.take(
      new Batch(layout, {
        time: now + passed * 1000,
        values: Float64Array.from(rows, ([, value]) => value * (1 + passed)),
      }),
    )
  const idle = { avg10: 0, avg60: 0, avg300: 0 }
  const none = { total: 0, ...idle }
  expect(await kubelet.summary()).toMatchObject({
    node: {
      io: {
        time: '2023-11-14T22:13:35Z',
        psi: { full: { total: 4_000_000, avg10: 19.42, avg60: 5.53, avg300: 1.22 }, some: none },
      },
    },
    pods: [
      {
        memory: { psi: { full: none, some: { total: 24_000_000 } } },
        containers: [{ cpu: { psi: { full: none, some: { total: 48_000_000, avg10: 77.69 } } } }],
      },
    ],
  })
  expect(await kubelet.summary('?only_cpu_and_memory=true')).not.toHaveProperty('node.io')
})

test('our own name for waiting is told by resource and share', async () => {
  await using kubelet = await TestKubelet.start()
  const labels = { namespace: 'shop', pod: 'web-0', container: 'app', container_id: 'abc' }
  kubelet.take(
    batchOf([
      [series('vm_container_memory_usage_bytes', { ...labels, type: 'working_set' }), 1000],
      [
        series('vm_container_pressure_seconds_total', { ...labels, resource: 'io', share: 'some' }, counter),
        2,
      ],
      [
        series('vm_container_pressure_seconds_total', { ...labels, resource: 'cpu', share: 'full' }, counter),
        1,
      ],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    pods: [{ containers: [{ io: { psi: { some: { total: 2_000_000 }, full: { total: 0 } } } }] }],
  })
})

test('swap is told with what its limit leaves, of the node with what the machine leaves', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.take(
    batchOf([
      [series('container_memory_working_set_bytes', app), 1000],
      [series('container_memory_swap', app), 300],
      [series('container_spec_memory_swap_limit_bytes', app), 1000],
      [series('container_memory_working_set_bytes', pod), 1000],
      [series('container_memory_swap', pod), 300],
      [series('container_spec_memory_swap_limit_bytes', pod), 0],
      [series('node_memory_SwapTotal_bytes'), 5000],
      [series('node_memory_SwapFree_bytes'), 4000],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    node: { swap: { time, swapUsageBytes: 1000, swapAvailableBytes: 4000 } },
    pods: [
      {
        // No limit leaves nothing to tell.
        swap: { time, swapUsageBytes: 300 },
        containers: [{ swap: { time, swapUsageBytes: 300, swapAvailableBytes: 700 } }],
      },
    ],
  })
})

test('parts of the node that are no pods are system containers, tasks are rlimits and processes', async () => {
  await using kubelet = await TestKubelet.start()
  kubelet.take(
    batchOf([
      [series('container_cpu_usage_seconds_total', slice('/kubepods.slice'), counter), 5],
      [series('container_cpu_usage_seconds_total', slice('/system.slice/kubelet.service'), counter), 2],
      [series('container_memory_rss', slice('/system.slice/kubelet.service')), 70],
      [series('container_memory_usage_bytes', slice('/system.slice/containerd.service')), 50],
      [series('container_memory_usage_bytes', slice('/system.slice/sshd.service')), 1],
      [series('container_memory_usage_bytes', slice('/kubepods.slice/kubepods-burstable.slice')), 1],
      [series('vm_kubelet_runtime_filesystem_bytes', { filesystem: 'image', type: 'capacity' }), 90],
      [series('vm_kubelet_runtime_filesystem_bytes', { filesystem: 'image', type: 'used' }), 30],
      [series('node_processes_threads'), 321],
      [series('node_processes_max_processes'), 32_768],
      [series('container_threads', pod), 7],
      [series('container_memory_working_set_bytes', pod), 1000],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    node: {
      systemContainers: [
        { name: 'kubelet', cpu: { usageCoreNanoSeconds: 2e9 } },
        { name: 'pods', cpu: { usageCoreNanoSeconds: 5e9 } },
        { name: 'runtime', memory: { usageBytes: 50 } },
      ],
      runtime: { imageFs: { time, capacityBytes: 90, usedBytes: 30, availableBytes: 60 } },
      rlimit: { time, maxpid: 32_768, curproc: 321 },
    },
    pods: [{ process_stats: { process_count: 7 } }],
  })
  expect(kubelet.context.ledger.dropped.get('no_row')).toBe(2)
})

test("a kubelet's volumes and system containers go through", async () => {
  await using kubelet = await TestKubelet.start()
  const ofPod = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-0', 'k8s.pod.uid': 'u' }
  const claimed = scopeOf({ ...ofPod, 'k8s.volume.name': 'data', 'k8s.persistentvolumeclaim.name': 'data-0' })
  const plain = scopeOf({ ...ofPod, 'k8s.volume.name': 'config' })
  kubelet.take(
    batchOf([
      [series('k8s.pod.memory.working_set', {}, { scope: scopeOf(ofPod) }), 1000],
      [series('k8s.volume.capacity', {}, { scope: claimed }), 100],
      [series('k8s.volume.available', {}, { scope: claimed }), 70],
      [series('k8s.volume.inodes', {}, { scope: claimed }), 10],
      [series('k8s.volume.inodes.free', {}, { scope: claimed }), 9],
      [series('k8s.pod.volume.usage', {}, { scope: plain }), 3],
      [
        series(
          'k8s.node.system_container.memory.usage',
          {},
          {
            scope: scopeOf({ 'k8s.node.name': 'n1', 'k8s.container.name': 'misc' }),
          },
        ),
        8,
      ],
    ]),
  )
  expect(await kubelet.summary()).toMatchObject({
    node: { systemContainers: [{ name: 'misc', memory: { usageBytes: 8 } }] },
    pods: [
      {
        volume: [
          { time, name: 'config', usedBytes: 3 },
          {
            time,
            name: 'data',
            pvcRef: { name: 'data-0', namespace: 'shop' },
            capacityBytes: 100,
            availableBytes: 70,
            usedBytes: 30,
            inodes: 10,
            inodesFree: 9,
            inodesUsed: 1,
          },
        ],
      },
    ],
  })
  expect(kubelet.context.ledger.dropped.total).toBe(0)
})
