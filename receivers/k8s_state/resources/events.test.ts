import { expect, test, vi } from 'vitest'
import { isInShard, type Shard } from '#src/kubernetes/shard.ts'
import { Watches } from '#src/kubernetes/watches.ts'
import type { Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { apiClient } from '#src/testing/kubernetes-client.ts'
import { EventTally } from '../event-tally.ts'
import { ObjectRecorder } from '../object-recorder.ts'
import { ObjectTable } from '../object-table.ts'
import { ResourceState } from '../resource-state.ts'
import { events } from './events.ts'

const facts = { vocabularies: ['prometheus'] } as const
const noLabels = { labels: [], annotations: [], bare: true }

/** An event as the kubelet and the scheduler write it. */
function event(name: string, more: object = {}) {
  return {
    metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: { kind: 'Pod', name: 'web-1' },
    reason: 'BackOff',
    type: 'Warning',
    count: 1,
    lastTimestamp: '2026-01-01T00:00:10Z',
    ...more,
  }
}

function told(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) =>
    samplesOf(batch).map(({ name, attributes, value }) => {
      const labels = ['namespace', 'involved_kind', 'type', 'reason'].map((label) =>
        JSON.stringify(attributes[label]),
      )
      return `${name} ${labels.join(' ').replaceAll('"', '')} ${value}`
    }),
  )
}

/** The state of a server's events. */
async function setting(shard?: Shard) {
  const server = await KubernetesApi.start()
  const api = apiClient(server.url)
  const watches = new Watches(api, new CapturedLog(), () => 0)
  let changes = 0
  const settings = {
    receiver: 'k8s_state',
    facts,
    labels: () => noLabels,
    namespaces: [],
    excludedNamespaces: new Set<string>(),
    shard,
  }
  const state = new ResourceState(events, settings, {
    known: () => undefined,
    changed: () => changes++,
    trouble: () => undefined,
    recovered: () => undefined,
    failed: (_, error) => {
      throw error
    },
  })
  return {
    server,
    put: (name: string, more: object = {}) => server.put(events.resource, event(name, more)),
    async begin() {
      state.start(watches)
      await vi.waitFor(() => expect(state.synced).toBe(true))
      await vi.waitFor(() => expect(server.watches).toBe(1))
    },
    /** Waits until so many changes are known. */
    async known(count: number) {
      await vi.waitFor(() => expect(changes).toBeGreaterThanOrEqual(count))
    },
    told: () => told(state.all(0, -Infinity)),
    async [Symbol.asyncDispose]() {
      state.stop()
      api.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('events that are alike are counted from the start of the watch on, as often as they repeat themselves', async () => {
  await using setup = await setting()
  setup.put('web-1.a', { count: 40 })
  await setup.begin()
  expect(setup.told()).toEqual([
    'kube_events_total shop Pod Warning BackOff 0',
    'kube_events_newest_timestamp_seconds shop Pod Warning BackOff 1767225610',
  ])
  // The first repeats itself, a second is like it, a third is not, and one of the newer kind has no count.
  setup.put('web-1.a', { count: 43, lastTimestamp: '2026-01-01T00:01:00Z' })
  setup.put('web-1.b', { count: 1, lastTimestamp: '2026-01-01T00:00:30Z' })
  setup.put('node-1.a', { involvedObject: { kind: 'Node' }, reason: 'OOMKilling' })
  setup.put('web-2.a', {
    reason: 'FailedScheduling',
    count: undefined,
    lastTimestamp: null,
    eventTime: '2026-01-01T00:02:00.123456Z',
  })
  await setup.known(5)
  await vi.waitFor(() => expect(setup.told()).toHaveLength(6))
  expect(setup.told()).toEqual([
    'kube_events_total shop Pod Warning BackOff 4',
    'kube_events_newest_timestamp_seconds shop Pod Warning BackOff 1767225660',
    'kube_events_total shop Node Warning OOMKilling 1',
    'kube_events_newest_timestamp_seconds shop Node Warning OOMKilling 1767225610',
    'kube_events_total shop Pod Warning FailedScheduling 1',
    'kube_events_newest_timestamp_seconds shop Pod Warning FailedScheduling 1767225720',
  ])
})

test('a series of events counts as often as it says, and what the server forgets stays counted', async () => {
  await using setup = await setting()
  await setup.begin()
  setup.put('a', { count: undefined, series: { count: 2, lastObservedTime: '2026-01-01T00:03:00.000000Z' } })
  setup.put('a', { count: undefined, series: { count: 9, lastObservedTime: '2026-01-01T00:04:00.000000Z' } })
  setup.server.remove(events.resource, 'a', 'shop')
  await setup.known(3)
  const expected = [
    'kube_events_total shop Pod Warning BackOff 9',
    'kube_events_newest_timestamp_seconds shop Pod Warning BackOff 1767225840',
  ]
  expect(setup.told()).toEqual(expected)
  setup.put('b')
  await setup.known(4)
  expect(setup.told()).toEqual(['kube_events_total shop Pod Warning BackOff 10', expected[1]])
})

test('shards divide the groups of events among them, and not events', async () => {
  const all = []
  for (const ordinal of [0, 1]) {
    await using setup = await setting({ ordinal, total: 2 })
    await setup.begin()
    for (let index = 0; index < 12; index++) setup.put(`x${index}`, { reason: `Reason${index % 4}` })
    setup.put('last', { reason: 'Reason0' })
    const keys = [0, 1, 2, 3].map((index) => JSON.stringify(['shop', `Reason${index}`, 'Warning', 'Pod']))
    const own = keys.filter((key) => isInShard(key, { ordinal, total: 2 })).length
    await vi.waitFor(() => expect(setup.told()).toHaveLength(2 * own))
    all.push(...setup.told().filter((line) => line.includes('_total')))
  }
  expect(all.toSorted()).toEqual([
    'kube_events_total shop Pod Warning Reason0 4',
    'kube_events_total shop Pod Warning Reason1 3',
    'kube_events_total shop Pod Warning Reason2 3',
    'kube_events_total shop Pod Warning Reason3 3',
  ])
})

test('however many reasons there are, the groups that were silent longest make room', () => {
  const table = new ObjectTable(new Source('k8s_state', 'events'))
  const recorder = new ObjectRecorder(events, table, { facts, labels: noLabels })
  const sink = {
    record: recorder.record.bind(recorder),
    forget: ({ slots }: { readonly slots: readonly number[] }) => table.remove(slots),
  }
  const tally = new EventTally(sink, 3)
  for (const reason of ['A', 'B', 'C', 'A', 'D']) {
    const { metadata, ...rest } = event('x', { reason })
    tally.add({ metadata: { ...metadata, uid: 'u', resourceVersion: '1' }, ...rest }, undefined, true)
  }
  expect(told(table.all(0)).filter((line) => line.includes('_total'))).toEqual([
    'kube_events_total shop Pod Warning A 2',
    'kube_events_total shop Pod Warning C 1',
    'kube_events_total shop Pod Warning D 1',
  ])
})
