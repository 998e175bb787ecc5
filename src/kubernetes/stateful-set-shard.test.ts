import { expect, test, vi } from 'vitest'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { apiClient } from '#src/testing/kubernetes-client.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import type { Shard } from './shard.ts'
import { statefulSets, watchShard } from './stateful-set-shard.ts'
import { Watches } from './watches.ts'

test('a pod of a StatefulSet finds its shard, and another when the set is scaled', async () => {
  await using server = await KubernetesApi.start()
  const scale = (name: string, spec: object) =>
    server.put(statefulSets, { metadata: { name, namespace: 'weir' }, spec })
  scale('weir', { replicas: 3 })
  scale('other', { replicas: 9 })
  const told: Shard[] = []
  const watches = new Watches(apiClient(server.url), new CapturedLog())
  const subscribed = watchShard(watches, { namespace: 'weir', pod: 'weir-2' }, (shard) => told.push(shard))
  await vi.waitFor(() => expect(server.watches).toBe(1))
  scale('weir', { replicas: 3, template: {} })
  scale('weir', { replicas: 4 })
  await vi.waitFor(() => expect(told).toHaveLength(2))
  scale('weir', { replicas: 4, ordinals: { start: 1 } })
  await vi.waitFor(() => expect(told).toHaveLength(3))
  expect(told).toEqual([
    { ordinal: 2, total: 3 },
    { ordinal: 2, total: 4 },
    { ordinal: 1, total: 4 },
  ])
  subscribed.close()
})

test('a pod that is of no StatefulSet has no shard', async () => {
  await using server = await KubernetesApi.start()
  const watches = new Watches(apiClient(server.url), new CapturedLog())
  const watch = () => watchShard(watches, { namespace: 'weir', pod: 'weir-7d9f-abc' }, () => undefined)
  expect(watch).toThrowError('the pod weir-7d9f-abc is of no StatefulSet')
})
