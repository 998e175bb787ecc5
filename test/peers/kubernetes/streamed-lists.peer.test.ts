import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { ApiClient } from '#src/kubernetes/api-client.ts'
import { ApiStatistics } from '#src/kubernetes/api-statistics.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { ObjectForm, Resource } from '#src/kubernetes/resource.ts'
import { Watches } from '#src/kubernetes/watches.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { peerBinary } from '../peer-binary.ts'
import { KubernetesCluster } from './kubernetes-cluster.ts'

const secrets: Resource = { group: '', version: 'v1', name: 'secrets', namespaced: true }
const patience = { timeout: 30_000, interval: 50 }
let cluster: KubernetesCluster

beforeAll(async () => {
  cluster = await KubernetesCluster.start([], peerBinary('etcd', '3.6.4'))
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

function secret(name: string, type: string): object {
  return { metadata: { name }, type, data: { key: 'aHVudGVyMg==' } }
}

test.for<[form: ObjectForm | undefined, told: (type: string) => object]>([
  [undefined, (type) => ({ type, data: { key: 'aHVudGVyMg==' } })],
  ['metadata', () => ({})],
  [
    'table',
    (type) => ({
      columns: { Name: expect.anything() as unknown, Type: type, Data: 1, Age: expect.anything() as unknown },
    }),
  ],
])(
  'a list that comes as a stream is complete by its bookmark, and goes on as a watch, in the form %s',
  async ([form, told]) => {
    const made = `made-${form ?? 'whole'}`
    const later = `later-${form ?? 'whole'}`
    await cluster.create(secrets, secret(made, 'example.com/own'), 'default')
    const statistics = new ApiStatistics()
    const client = await cluster.client()
    const api = new ApiClient({ server: cluster.url, client, clock: systemClock, statistics })
    const known = new Map<string, object>()
    const subscribed = new Watches(api, new CapturedLog()).subscribe({
      scope: { resource: secrets, form },
      projection: ({ metadata, columns, type, data }: KubernetesObject) => ({
        metadata,
        columns,
        type,
        data,
      }),
      set: ({ metadata, ...rest }) => known.set(metadata.name, rest),
      deleted: ({ metadata }) => known.delete(metadata.name),
    })
    await vi.waitFor(() => expect(subscribed.synced).toBe(true), patience)
    expect(known.get(made)).toEqual(told('example.com/own'))
    await cluster.create(secrets, secret(later, 'Opaque'), 'default')
    await cluster.remove(secrets, made, 'default')
    await vi.waitFor(() => {
      expect(known.get(later)).toEqual(told('Opaque'))
      expect(known.has(made)).toBe(false)
    }, patience)
    // One request told all of it.
    expect(api.streamsLists).toBe(true)
    expect(Array.from(statistics.requests, ({ verb, code, count }) => [verb, code, count])).toEqual([
      ['watch', '200', 1],
    ])
    subscribed.close()
    api.close()
  },
)
