import type { CoreV1Event, V1ObjectReference } from '@kubernetes/client-node'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import type { RecordedObject } from './object-recorder.ts'
import type { Tally, TallySink } from './state-resource.ts'
import { seconds } from './values.ts'

/** An event; what is required of it is read as what may be missing, as everything else is. */
type Event = Omit<ApiObject<CoreV1Event>, 'involvedObject'> & {
  readonly involvedObject?: Wire<V1ObjectReference>
}

/** What is told of events that are alike. */
export interface EventGroup {
  /** The kind of what they are about. */
  readonly kind: string
  /** `Normal` or `Warning`. */
  readonly type: string
  /** How often it has happened since it is watched. */
  count: number
  /** When it happened last, in Unix seconds; undefined where no event says so. */
  newest: number | undefined
}

/** Groups at most: those that were silent longest make room. Reasons are whatever a controller writes. */
const groupLimit = 10_000

/**
 * Counts events by their namespace, their reason, their type and the kind of what they are about. An event that repeats itself is
 * one object whose count grows; it goes after an hour, and what was counted stays. What was there before the watch began is
 * not counted, so that a start is no burst of events.
 */
export class EventTally implements Tally {
  readonly #sink: TallySink
  readonly #limit: number
  /** By key; the one that was added to last stands last. */
  readonly #groups = new Map<string, { readonly group: EventGroup; recorded: RecordedObject | undefined }>()

  constructor(sink: TallySink, limit = groupLimit) {
    this.#sink = sink
    this.#limit = limit
  }

  keyOf(object: KubernetesObject): string {
    const { metadata, reason, type, involvedObject } = object as unknown as Event
    return JSON.stringify([metadata.namespace, reason, type, involvedObject?.kind])
  }

  add(object: KubernetesObject, before: number | undefined, isNew: boolean): number {
    const event = object as unknown as Event
    const key = this.keyOf(object)
    const known = this.#groups.get(key) ?? { group: groupOf(event), recorded: undefined }
    const { group } = known
    const times = event.series?.count ?? event.count ?? 1
    if (isNew) group.count += Math.max(0, times - (before ?? 0))
    const time = timeOf(event)
    if (time !== undefined && !(time < (group.newest ?? -Infinity))) group.newest = time
    const { namespace } = object.metadata
    const metadata = {
      name: event.reason ?? '',
      ...(namespace === undefined ? {} : { namespace }),
      uid: key,
      resourceVersion: '',
    }
    known.recorded = this.#sink.record({ metadata, group }, known.recorded)
    this.#groups.delete(key)
    this.#groups.set(key, known)
    this.#makeRoom()
    return times
  }

  #makeRoom(): void {
    for (const [key, { recorded }] of this.#groups) {
      if (this.#groups.size <= this.#limit) return
      this.#groups.delete(key)
      if (recorded !== undefined) this.#sink.forget(recorded)
    }
  }
}

function groupOf({ involvedObject, type = '' }: Event): EventGroup {
  return { kind: involvedObject?.kind ?? '', type, count: 0, newest: undefined }
}

/** When an event happened last. Which of these it has depends on who writes it. */
function timeOf({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number | undefined {
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp]
  return seconds(times.find((time) => typeof time === 'string') ?? metadata.creationTimestamp)
}
