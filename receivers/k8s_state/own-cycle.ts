import type { ApiStatistics } from '#src/kubernetes/api-statistics.ts'
import { resourceName } from '#src/kubernetes/resource.ts'
import type { Shard } from '#src/kubernetes/shard.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts, type FactsOptions } from '#src/naming/facts.ts'
import {
  apiErrors,
  cycleDuration,
  lists,
  objectsTold,
  shardOrdinal,
  totalShards,
  watches,
} from './cycle-names.ts'
import type { ResourceState } from './resource-state.ts'

/** What is told of one cycle. */
export interface Cycle {
  readonly time: number
  readonly durationMs: number
  readonly states: readonly ResourceState[]
  readonly statistics: ApiStatistics
  readonly shard: Shard | undefined
}

/** Tells how a receiver fares, in the words of what it replaces, whose alerts go by them. */
export class OwnCycle {
  readonly #recorder: Recorder
  readonly #facts: Facts

  constructor(receiver: string, options: FactsOptions) {
    this.#recorder = new Recorder(new Source(receiver, 'cycle'))
    this.#facts = new Facts(this.#recorder, options)
  }

  record({ time, durationMs, states, statistics, shard }: Cycle): Batch[] {
    const facts = this.#facts
    facts.begin()
    facts.record(cycleDuration, {}, durationMs / 1000)
    facts.record(totalShards, {}, shard?.total ?? 1)
    const ordinal = shard?.ordinal ?? 0
    facts.record(shardOrdinal, { shard_ordinal: String(ordinal) }, ordinal)
    // Of a custom resource several versions may be told.
    for (const [resource, each] of Map.groupBy(states, (state) => resourceName(state.resource))) {
      const objects = each.reduce((sum, state) => sum + state.objects, 0)
      facts.record(objectsTold, { resource }, objects)
      const count = requestCounter(statistics, resource)
      const failedLists = count('list', false)
      const begun = [...statistics.watches].filter((watch) => watch.resource === resource)
      const all = begun.reduce((sum, watch) => sum + watch.lists, 0)
      // A list that is told as a stream is a request to watch.
      facts.record(lists, { resource, result: 'success' }, Math.max(0, all - failedLists))
      facts.record(lists, { resource, result: 'error' }, failedLists)
      facts.record(watches, { resource, result: 'success' }, count('watch', true))
      facts.record(watches, { resource, result: 'error' }, count('watch', false))
      facts.record(apiErrors, { resource }, failedLists + count('watch', false))
    }
    return facts.end(time)
  }

  dispose(): void {
    this.#recorder.dispose()
  }
}

/** Counts requests for a resource by their verb and whether they succeeded. */
function requestCounter({ requests }: ApiStatistics, resource: string) {
  return (verb: string, succeeded: boolean): number => {
    let sum = 0
    for (const { verb: each, resource: of, code, count } of requests)
      if (each === verb && of === resource && code.startsWith('2') === succeeded) sum += count
    return sum
  }
}
