import type { Measured, OwnMetric } from '#src/telemetry/own-metric.ts'
import { clusterStatistics, type RequestTotals, type WatchTotals } from './api-statistics.ts'

type Numbered = readonly [attributes: Readonly<Record<string, string>>, value: number]

/** Adds up what has the same attributes: there may be several clusters, and several watches of one resource. */
function* combined(
  numbers: Iterable<Numbered>,
  combine: (a: number, b: number) => number = (a, b) => a + b,
): Generator<Measured> {
  const all = new Map<string, Measured>()
  for (const [attributes, value] of numbers) {
    const key = JSON.stringify(attributes)
    const before = all.get(key)
    all.set(key, { attributes, value: before === undefined ? value : combine(before.value, value) })
  }
  yield* all.values()
}

function ofRequests(number: (totals: RequestTotals) => number): OwnMetric['read'] {
  return function* readRequests() {
    const all = [...clusterStatistics].flatMap(({ requests }) => [...requests])
    yield* combined(
      all.map((totals) => [
        { verb: totals.verb, resource: totals.resource, code: totals.code },
        number(totals),
      ]),
    )
  }
}

function ofWatches(
  numbers: (totals: WatchTotals) => Iterable<Numbered>,
  combine?: (a: number, b: number) => number,
): OwnMetric['read'] {
  return function* readWatches() {
    const all = [...clusterStatistics].flatMap(({ watches }) => [...watches])
    const withResource = all.flatMap((totals) =>
      [...numbers(totals)].map(([attributes, value]): Numbered => [
        { resource: totals.resource, ...attributes },
        value,
      ]),
    )
    yield* combined(withResource, combine)
  }
}

const request = ['verb', 'resource', 'code']
const resource = ['resource']

/** What Weir tells of its requests to API servers of Kubernetes. */
export const apiMetrics: readonly OwnMetric[] = [
  {
    name: 'weir_kubernetes_requests',
    unit: '{request}',
    description: 'Requests to API servers of Kubernetes. The code is the status, or why there is none.',
    kind: 'counter',
    attributes: request,
    level: 'normal',
    read: ofRequests(({ count }) => count),
  },
  {
    name: 'weir_kubernetes_request_duration_seconds',
    unit: 's',
    description: 'Time that these requests took, all together: a watch until it began.',
    kind: 'counter',
    attributes: request,
    level: 'normal',
    read: ofRequests(({ seconds }) => seconds),
  },
  {
    name: 'weir_kubernetes_lists',
    unit: '{list}',
    description: 'Times that all objects of the resource were asked for.',
    kind: 'counter',
    attributes: resource,
    level: 'normal',
    read: ofWatches(({ lists }) => [[{}, lists]]),
  },
  {
    name: 'weir_kubernetes_watch_restarts',
    unit: '{restart}',
    description: 'Times that a watch of the resource began anew, by reason: `ended` is as it should be.',
    kind: 'counter',
    attributes: [...resource, 'reason'],
    level: 'normal',
    read: ofWatches(({ restarts }) => [...restarts].map(([reason, value]) => [{ reason }, value])),
  },
  {
    name: 'weir_kubernetes_events',
    unit: '{event}',
    description:
      'Changes of objects of the resource, bookmarks, and events that were older than what was known.',
    kind: 'counter',
    attributes: [...resource, 'type'],
    level: 'normal',
    read: ofWatches(({ events }) => [...events].map(([type, value]) => [{ type }, value])),
  },
  {
    name: 'weir_kubernetes_objects',
    unit: '{object}',
    description: 'Objects of the resource that are kept.',
    kind: 'gauge',
    attributes: resource,
    level: 'normal',
    read: ofWatches(({ objects }) => [[{}, objects]]),
  },
  {
    name: 'weir_kubernetes_synced',
    unit: '1',
    description: 'Whether all objects of the resource were known once.',
    kind: 'gauge',
    attributes: resource,
    level: 'normal',
    read: ofWatches(({ synced }) => [[{}, Number(synced)]], Math.min),
  },
  {
    name: 'weir_kubernetes_newest_event_timestamp_seconds',
    unit: 's',
    description: 'Unix time when an object of the resource was last seen to change.',
    kind: 'gauge',
    attributes: resource,
    level: 'normal',
    read: ofWatches(
      ({ newestEvent }) => (newestEvent === undefined ? [] : [[{}, newestEvent / 1000]]),
      Math.max,
    ),
  },
  {
    name: 'weir_kubernetes_shared_watches',
    unit: '{watch}',
    description: 'Times that a component found the watch that it needs in use by another.',
    kind: 'counter',
    attributes: [],
    level: 'normal',
    read: () => combined([...clusterStatistics].map(({ sharedWatches }) => [{}, sharedWatches])),
  },
]
