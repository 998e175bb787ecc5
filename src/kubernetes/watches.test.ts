import { expect, test, vi } from 'vitest'
import { answerStatus, KubernetesApi, type StreamingLists } from '#src/testing/kubernetes-api.ts'
import { apiClient, nodes, pods, Watcher } from '#src/testing/kubernetes-client.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import type { KubernetesObject } from './object.ts'
import type { ObjectForm, Resource } from './resource.ts'
import { Watches } from './watches.ts'

const secrets: Resource = { group: '', version: 'v1', name: 'secrets', namespaced: true }

function pod(name: string, more: object = {}) {
  return { metadata: { name, namespace: 'a', ...more } }
}

const nameOf = ({ metadata }: KubernetesObject): string => metadata.name

const expectedOf = (...objects: KubernetesObject[]): string[] =>
  objects.map(({ metadata }) => `a/${metadata.name} ${metadata.resourceVersion}`).toSorted()

test.for<StreamingLists>(['told', 'without_progress', 'invalid'])(
  'objects are listed, then watched, whether the server tells lists as streams or not: %s',
  async (streamingLists) => {
    await using server = await KubernetesApi.start()
    server.streamingLists = streamingLists
    const first = server.put(pods, pod('x'))
    using watcher = new Watcher(apiClient(server.url), { resource: pods })
    await vi.waitFor(() => expect(watcher.synced).toBe(true))
    expect(watcher.events).toEqual([`+ ${expectedOf(first)[0]}`, 'synced'])

    await vi.waitFor(() => expect(server.watches).toBe(1))
    const changed = server.put(pods, pod('x'))
    const other = server.put(pods, pod('y'))
    server.remove(pods, 'x', 'a')
    await vi.waitFor(() => expect(watcher.objects).toEqual(expectedOf(other)))
    expect(watcher.events.slice(2)).toEqual([
      `~ ${expectedOf(changed)[0]}`,
      `+ ${expectedOf(other)[0]}`,
      `- ${expectedOf(changed)[0]}`,
    ])
    expect(watcher.troubles).toEqual([])
    expect(watcher.api.streamsLists).toBe(streamingLists === 'told')
  },
)

test.for<[StreamingLists, ObjectForm | undefined, object]>([
  ['told', 'metadata', {}],
  ['without_progress', 'metadata', {}],
  ['told', 'table', { columns: { Name: 's', Type: 'Opaque', Data: 1, Age: '0s' } }],
  ['without_progress', 'table', { columns: { Name: 's', Type: 'Opaque', Data: 1, Age: '0s' } }],
  ['told', undefined, { type: 'Opaque', data: { key: 'aHVudGVyMg==' } }],
])(
  'no more of objects is told than is asked for, in lists and in watches: %j as %j',
  async ([streamingLists, form, more]) => {
    await using server = await KubernetesApi.start()
    server.streamingLists = streamingLists
    const wish = { metadata: { name: 's', namespace: 'a' }, type: 'Opaque', data: { key: 'aHVudGVyMg==' } }
    const { metadata } = server.put(secrets, wish)
    const api = apiClient(server.url)
    const watches = new Watches(api, new CapturedLog(), () => 0)
    const told: object[] = []
    const subscribed = watches.subscribe({
      scope: { resource: secrets, form },
      projection: ({ metadata, columns, type, data }: KubernetesObject) => ({
        metadata,
        columns,
        type,
        data,
      }),
      set: (object) => told.push(object),
    })
    await vi.waitFor(() => expect(subscribed.synced).toBe(true))
    expect(told).toEqual([{ metadata, ...more }])
    await vi.waitFor(() => expect(server.watches).toBe(1))
    const changed = server.put(secrets, wish)
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(told[1]).toEqual({ metadata: changed.metadata, ...more })
    subscribed.close()
    api.close()
  },
)

test('those who want more and less of the same objects have a watch each', async () => {
  await using server = await KubernetesApi.start()
  const api = apiClient(server.url)
  const watches = new Watches(api, new CapturedLog(), () => 0)
  const wants = [undefined, 'metadata', 'metadata'] as const
  const subscribed = wants.map((form) =>
    watches.subscribe({ scope: { resource: secrets, form }, projection: nameOf }),
  )
  await vi.waitFor(() => expect(subscribed.map(({ synced }) => synced)).toEqual([true, true, true]))
  expect(server.watches).toBe(2)
  for (const each of subscribed) each.close()
  api.close()
})

test('a long list comes in pages of 500', async () => {
  await using server = await KubernetesApi.start()
  server.streamingLists = 'invalid'
  for (let index = 0; index < 1203; index++) server.put(pods, pod(`p${index}`))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true))
  expect(watcher.objects).toHaveLength(1203)
  const lists = server.requests.filter(({ query }) => query.get('watch') === null)
  expect(lists.map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500'])
})

test('when a page has expired the list comes as one', async () => {
  await using server = await KubernetesApi.start()
  server.streamingLists = 'invalid'
  for (let index = 0; index < 700; index++) server.put(pods, pod(`p${index}`))
  server.intercept = ({ query }) => {
    if (query.has('continue')) server.compact()
    return false
  }
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true))
  expect(watcher.objects).toHaveLength(700)
  expect(watcher.restarts).toMatchObject({ expired: 1 })
  expect(watcher.events.filter((event) => event.startsWith('~'))).toEqual([])
})

test('a watch that ended goes on from the last version it saw, and a bookmark counts', async () => {
  await using server = await KubernetesApi.start()
  server.put(pods, pod('x'))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true))
  server.put(nodes, { metadata: { name: 'n' } })
  server.bookmark()
  await vi.waitFor(() => expect([...watcher.api.statistics.watches][0]?.events.get('bookmark')).toBe(2))
  server.compact()
  server.endWatches('abruptly')
  await vi.waitFor(() => expect(server.watches).toBe(1))
  const added = server.put(pods, pod('y'))
  await vi.waitFor(() => expect(watcher.objects).toHaveLength(2))
  expect(watcher.lists).toBe(1)
  expect(server.requests.at(-1)?.query.get('resourceVersion')).toBe(
    String(Number(added.metadata.resourceVersion) - 1),
  )
})

test.for(['frame', 'status'] as const)(
  'where the version has expired, which comes as a %s, objects are listed once more and none is lost or doubled',
  async (form) => {
    await using server = await KubernetesApi.start()
    const kept = server.put(pods, pod('x'))
    server.put(pods, pod('y'))
    using watcher = new Watcher(apiClient(server.url), { resource: pods })
    await vi.waitFor(() => expect(watcher.synced).toBe(true))
    server.silenceWatches()
    server.remove(pods, 'y', 'a')
    const added = server.put(pods, pod('z'))
    server.compact()
    server.intercept = ({ query }, response) => {
      if (form === 'frame' || !query.has('resourceVersion')) return false
      answerStatus(response, 410, 'Gone', 'The resourceVersion for the provided watch is too old.')
      return true
    }
    // It is the connection that ends, which the server has forgotten.
    server.dropConnections()
    await vi.waitFor(() => expect(watcher.objects).toEqual(expectedOf(kept, added)))
    expect(watcher.lists).toBe(2)
    expect(watcher.restarts).toMatchObject({ expired: 1 })
    expect(watcher.events.filter((event) => event.includes('a/x'))).toHaveLength(1)
    expect(watcher.events.filter((event) => event.startsWith('-'))).toHaveLength(1)
    expect(watcher.troubles).toEqual([])
  },
)

test('one who asks for more of objects while they are told gets all of them', async () => {
  await using server = await KubernetesApi.start()
  for (const name of ['x', 'y', 'z']) server.put(pods, pod(name))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  const names: string[] = []
  const asking = watcher.watches.subscribe({
    scope: { resource: pods },
    projection: nameOf,
    set(name) {
      names.push(name)
      if (names.length > 1) return
      inner = watcher.watches.subscribe({
        scope: { resource: pods },
        projection: ({ metadata }) => metadata.uid,
      })
    },
  })
  let inner: ReturnType<typeof watcher.watches.subscribe<string>> | undefined
  await vi.waitFor(() => expect(inner?.synced).toBe(true))
  expect([...(inner?.objects() ?? [])]).toHaveLength(3)
  expect(names.toSorted()).toEqual(['x', 'y', 'z'])
  expect(watcher.objects).toHaveLength(3)
  inner?.close()
  asking.close()
})
