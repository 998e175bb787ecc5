import type { ApiObject } from '#src/kubernetes/wire.ts'
import { EventTally, type EventGroup } from '../event-tally.ts'
import { family, stateResource } from '../state-resource.ts'

/** What the tally makes of events: the reason is its name. */
type Group = ApiObject<object> & { readonly group?: EventGroup }
const of = family<Group>()

const labels = { involved_kind: 'involved_kind', type: 'type' } as const

/** Events, as counts of those that are alike. */
export const events = stateResource<Group>({
  resource: { group: '', version: 'v1', name: 'events', namespaced: true },
  byDefault: false,
  prefix: 'kube_events',
  label: 'reason',
  attribute: 'k8s.event',
  hasLabels: false,
  tally: (sink) => new EventTally(sink),
  families: [
    of(
      {
        fact: 'how often it has happened since it is watched',
        source:
          'series.count, else count, of events with the same namespace, reason, type and kind of object',
        by: ['involved_kind', 'type'],
        prometheus: {
          ...labels,
          name: 'kube_events_total',
          kind: 'counter',
          description: 'How often it has happened since it is watched.',
        },
        vm: {
          ...labels,
          name: 'vm_kube_events_total',
          kind: 'counter',
          description: 'How often events of a reason have happened since they are watched.',
        },
      },
      ({ group }, add) => add(group?.count, { involved_kind: group?.kind ?? '', type: group?.type ?? '' }),
    ),
    of(
      {
        fact: 'when it happened last, in Unix seconds',
        source: 'series.lastObservedTime, else lastTimestamp, eventTime, firstTimestamp or creationTimestamp',
        by: ['involved_kind', 'type'],
        prometheus: {
          ...labels,
          name: 'kube_events_newest_timestamp_seconds',
          kind: 'gauge',
          description: 'Unix time at which it happened last.',
        },
        vm: {
          ...labels,
          name: 'vm_kube_events_newest_timestamp_seconds',
          kind: 'gauge',
          description: 'Unix time at which an event of a reason happened last.',
        },
      },
      ({ group }, add) => add(group?.newest, { involved_kind: group?.kind ?? '', type: group?.type ?? '' }),
    ),
  ],
})
