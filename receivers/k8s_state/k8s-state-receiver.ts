import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import { acquireCluster, type HeldCluster } from '#src/kubernetes/clusters.ts'
import { LeaseElection } from '#src/kubernetes/lease-election.ts'
import { resourceName } from '#src/kubernetes/resource.ts'
import type { Shard } from '#src/kubernetes/shard.ts'
import { watchShard } from '#src/kubernetes/stateful-set-shard.ts'
import type { Subscribed } from '#src/kubernetes/watches.ts'
import type { Batch } from '#src/model/batch.ts'
import type { FactsOptions } from '#src/naming/facts.ts'
import { chosenVocabularies } from '#src/naming/vocabulary.ts'
import { compileEnabled, type K8sStateConfig } from './config.ts'
import { CustomResources } from './custom/custom-resources.ts'
import type { LabelOptions } from './label-families.ts'
import { OwnCycle } from './own-cycle.ts'
import { ResourceState, type StateEvents, type StateSettings } from './resource-state.ts'
import type { StateResource } from './state-resource.ts'
import { chosenResources } from './state-resources.ts'

/** Changes that come together leave together. */
const gatherMs = 100

/** Tells the state of a cluster's objects. */
export class K8sStateReceiver implements Receiver {
  readonly #config: K8sStateConfig
  readonly #context: ReceiverContext
  readonly #facts: FactsOptions
  readonly #own: OwnCycle
  #cluster: HeldCluster | undefined
  #election: LeaseElection | undefined
  #ownShard: Subscribed<unknown> | undefined
  #shard: Shard | undefined
  #states: readonly ResourceState[] = []
  readonly #custom: CustomResources
  #settings: StateSettings | undefined
  #schedule: Schedule | undefined
  #cancelFlush: (() => void) | undefined
  #duplicates = 0
  readonly #troubled = new Set<string>()

  constructor(config: K8sStateConfig, context: ReceiverContext) {
    this.#config = config
    this.#context = context
    this.#facts = { vocabularies: chosenVocabularies(config.naming), enabled: compileEnabled(config) }
    this.#own = new OwnCycle(context.id, this.#facts)
    this.#custom = new CustomResources(config, context, {
      ...this.#troubleOf('customresourcedefinitions'),
      state: (resource) => this.#stateOf(resource),
      ended: (state) => this.#end(state),
    })
  }

  start(): void {
    const { clock, collections, logger } = this.#context
    const { interval } = this.#config
    collections.intervalMs = interval
    this.#schedule = every(clock, interval, async () => await this.#tick(), {
      onError: (error) => {
        logger.error('a cycle failed', { error })
        this.#context.report('recoverable_error', error)
      },
    })
  }

  async stop(): Promise<void> {
    this.#cancelFlush?.()
    await this.#schedule?.stop()
    this.#ownShard?.close()
    await this.#election?.stop()
    this.#custom.stop()
    for (const state of this.#states) state.stop()
    this.#own.dispose()
    this.#cluster?.release()
  }

  async #tick(): Promise<void> {
    if (this.#cluster === undefined) await this.#connect()
    const { clock } = this.#context
    const began = clock.monotonic()
    this.#emitAll()
    this.#emitOwn(clock.monotonic() - began)
    this.#countDuplicates()
  }

  #emitAll(): void {
    const { clock } = this.#context
    const notSince = clock.monotonic() - this.#config.stale_after
    for (const state of this.#all) {
      const began = clock.monotonic()
      this.#emit(() => state.all(clock.now(), notSince))
      const durationMs = clock.monotonic() - began
      this.#context.collections.record({ source: state.source.part, durationMs, error: state.reason })
    }
  }

  #emitOwn(durationMs: number): void {
    const cluster = this.#cluster
    if (cluster === undefined) return
    const { statistics } = cluster.api
    const time = this.#context.clock.now()
    this.#emit(() =>
      this.#own.record({ time, durationMs, states: this.#all, statistics, shard: this.#shard }),
    )
  }

  /** @throws {Error} that says what the options, the files or the environment lack; it is tried again with the next cycle */
  async #connect(): Promise<void> {
    const cluster = await acquireCluster(this.#config, this.#context)
    this.#cluster = cluster
    try {
      this.#begin(cluster)
    } catch (error) {
      this.#cluster = undefined
      this.#election = undefined
      cluster.release()
      throw error
    }
  }

  #begin(cluster: HeldCluster): void {
    const { sharding, leader_election: leader } = this.#config
    // It begins last, since what comes before may fail.
    if (leader !== undefined) this.#election = this.#electionOf(cluster, leader)
    if (sharding === undefined) this.#watch(undefined)
    else if (sharding.shard !== undefined)
      this.#watch({ ordinal: sharding.shard, total: sharding.total_shards ?? 1 })
    else this.#ownShard = watchShard(cluster.watches, ownPod(cluster), (shard) => this.#watch(shard))
    this.#election?.start()
  }

  #electionOf(
    { api, namespace }: HeldCluster,
    { lease_name: name, lease_namespace: own = namespace }: NonNullable<K8sStateConfig['leader_election']>,
  ): LeaseElection {
    if (own === undefined) throw new Error('no namespace is known for the lease; set lease_namespace')
    const { logger } = this.#context
    return new LeaseElection({
      api,
      name,
      namespace: own,
      identity: `${hostname()}_${randomUUID()}`,
      logger,
      onChange: (leading) => {
        logger.info(leading ? 'leads from now on' : 'leads no longer', { lease: name })
        if (leading) this.#emitAll()
      },
    })
  }

  /** Watches all that is wanted; what was watched before for another share is let go. */
  #watch(shard: Shard | undefined): void {
    const cluster = this.#cluster
    if (cluster === undefined) return
    this.#shard = shard
    const before = this.#all
    const config = this.#config
    const context = this.#context
    this.#settings = {
      receiver: context.id,
      facts: this.#facts,
      labels: (resource) => labelOptions(config, resource),
      namespaces: config.namespaces,
      excludedNamespaces: new Set(config.exclude_namespaces),
      shard,
    }
    const chosen = chosenResources(config.resources, config.exclude_resources)
    this.#states = chosen.map((resource) => this.#stateOf(resource))
    for (const state of this.#states) state.start(cluster.watches)
    for (const state of before) {
      state.stop()
      // Without markers: what another has from now on goes on.
      context.forget(state.source)
    }
    this.#custom.watch(cluster.watches)
  }

  /** Those of Kubernetes' own resources and of custom ones. */
  get #all(): readonly ResourceState[] {
    return [...this.#states, ...this.#custom.states]
  }

  #stateOf(resource: StateResource): ResourceState {
    if (this.#settings === undefined) throw new Error('nothing is watched yet')
    const { clock } = this.#context
    const name = resource.custom === true ? resourceName(resource.resource) : resource.resource.name
    const state: ResourceState = new ResourceState(resource, this.#settings, {
      ...this.#eventsOf(name),
      known: () => this.#emit(() => state.all(clock.now(), -Infinity)),
    })
    return state
  }

  /** Ends the series of a resource that is gone. */
  #end(state: ResourceState): void {
    this.#emit(() => state.end(this.#context.clock.now()))
    this.#context.forget(state.source)
    this.#troubleOf(resourceName(state.resource)).recovered()
    state.stop()
  }

  #eventsOf(name: string): Omit<StateEvents, 'known'> {
    const { logger } = this.#context
    return {
      ...this.#troubleOf(name),
      changed: () => this.#flushSoon(),
      failed: ({ metadata }, error) =>
        logger.error('an object could not be told', {
          resource: name,
          name: metadata.name,
          ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
          error,
        }),
    }
  }

  #troubleOf(name: string): Pick<StateEvents, 'trouble' | 'recovered'> {
    return {
      trouble: (message) => {
        this.#troubled.add(name)
        this.#context.report('recoverable_error', new Error(message))
      },
      recovered: () => {
        if (this.#troubled.delete(name) && this.#troubled.size === 0) this.#context.report('ok')
      },
    }
  }

  #flushSoon(): void {
    if (!this.#config.changes_at_once || this.#cancelFlush !== undefined) return
    const { clock } = this.#context
    this.#cancelFlush = clock.after(gatherMs, () => {
      this.#cancelFlush = undefined
      for (const state of this.#all) this.#emit(() => state.changes(clock.now()))
    })
  }

  /**
   * Emits if this one may, which is asked each time: a process that was stopped may have lost its lease meanwhile. Who may not
   * makes the batches all the same, since what ended keeps its place until they are made.
   */
  #emit(batches: () => Batch[]): void {
    const made = batches()
    if (made.length > 0 && this.#election?.leading !== false) this.#context.emit(made)
  }

  #countDuplicates(): void {
    const all = this.#all.reduce((sum, { duplicates }) => sum + duplicates, 0)
    this.#context.ledger.dropped.add('duplicate_series', Math.max(0, all - this.#duplicates))
    this.#duplicates = all
  }
}

function ownPod({ namespace }: HeldCluster): { readonly namespace: string; readonly pod: string } {
  const { POD_NAME: pod = hostname(), POD_NAMESPACE: own = namespace } = process.env
  if (own === undefined)
    throw new Error('sharding needs the namespace of this pod; set the variable POD_NAMESPACE')
  return { namespace: own, pod }
}

function labelOptions(config: K8sStateConfig, resource: string): LabelOptions {
  const allowed = (option: 'labels_allowlist' | 'annotations_allowlist'): readonly string[] => [
    ...(config[option][resource] ?? []),
    ...(config[option]['*'] ?? []),
  ]
  return {
    labels: allowed('labels_allowlist'),
    annotations: allowed('annotations_allowlist'),
    bare: config.bare_labels,
  }
}
