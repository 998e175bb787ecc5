import { afterEach, expect, test } from 'vitest'
import type { Subject } from '#src/telemetry/own-metric.ts'
import { apiMetrics } from './api-metrics.ts'
import { ApiStatistics, clusterStatistics, count } from './api-statistics.ts'

afterEach(() => clusterStatistics.clear())

function read(name: string) {
  const metric = apiMetrics.find((each) => each.name === name)
  // These read nothing of the service.
  return [...(metric?.read({} as Subject) ?? [])].map(({ attributes, value }) => [attributes, value])
}

test('requests and watches of all clusters are added up', () => {
  for (const [objects, synced, newestEvent] of [
    [3, true, 5000],
    [4, false, 7000],
  ] as const) {
    const statistics = new ApiStatistics()
    statistics.request('list', 'pods', '200', 0.5)
    const watch = statistics.watch('pods', undefined)
    Object.assign(watch, { objects, synced, newestEvent, lists: 1 })
    count(watch.restarts, 'expired')
    count(watch.events, 'added')
    statistics.sharedWatches++
    clusterStatistics.add(statistics)
  }
  const pods = { resource: 'pods' }
  expect(read('weir_kubernetes_requests')).toEqual([[{ verb: 'list', resource: 'pods', code: '200' }, 2]])
  expect(read('weir_kubernetes_request_duration_seconds')).toEqual([
    [{ verb: 'list', resource: 'pods', code: '200' }, 1],
  ])
  expect(read('weir_kubernetes_lists')).toEqual([[pods, 2]])
  expect(read('weir_kubernetes_watch_restarts')).toEqual([[{ ...pods, reason: 'expired' }, 2]])
  expect(read('weir_kubernetes_events')).toEqual([[{ ...pods, type: 'added' }, 2]])
  expect(read('weir_kubernetes_objects')).toEqual([[pods, 7]])
  expect(read('weir_kubernetes_synced')).toEqual([[pods, 0]])
  expect(read('weir_kubernetes_newest_event_timestamp_seconds')).toEqual([[pods, 7]])
  expect(read('weir_kubernetes_shared_watches')).toEqual([[{}, 2]])
})

test('where there is no cluster there is nothing', () => {
  expect(apiMetrics.flatMap(({ name }) => read(name))).toEqual([])
})
