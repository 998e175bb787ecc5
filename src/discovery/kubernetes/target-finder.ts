import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { acquireCluster, type HeldCluster } from '#src/kubernetes/clusters.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import { ObjectTargets } from './object-targets.ts'
import { clusterOf, type KubernetesConfig } from './options.ts'
import { roles } from './roles.ts'
import { watchedNamespaces, watchedScope } from './watched-scopes.ts'

/** Who wants to know of all targets. */
type Listener = (targets: readonly DiscoveredLabels[]) => void

/** Objects often change together: targets are told so long after the first change. */
const settleMs = 100
/** Targets are made of so many objects at once; then others have their turn. */
const objectsPerTurn = 500
/** A cluster that cannot be found, since a file is missing, is looked for again after this. */
const retryMs = 30_000

/** Finds the targets of one cluster by one set of options, for all who ask by it. */
export class TargetFinder {
  readonly #config: KubernetesConfig
  readonly #surroundings: ClientSurroundings
  readonly #listeners = new Set<Listener>()
  #cluster: HeldCluster | undefined
  /** One a namespace, or one for all. */
  #parts: readonly ObjectTargets[] = []
  #told: readonly DiscoveredLabels[] | undefined
  #changed = false
  #failing = false
  #cancel: (() => void) | undefined

  constructor(config: KubernetesConfig, surroundings: ClientSurroundings) {
    this.#config = config
    this.#surroundings = surroundings
  }

  /** Whether anybody listens. */
  get used(): boolean {
    return this.#listeners.size > 0
  }

  /** Tells somebody of all targets: at once where they are known, and whenever they change. The first one sets it to work. */
  join(listener: Listener): void {
    this.#listeners.add(listener)
    if (this.#told !== undefined) listener(this.#told)
    if (this.#listeners.size === 1) void this.#connect()
  }

  /** Tells somebody nothing more. With the last one it ends. */
  leave(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.used) return
    this.#cancel?.()
    for (const part of this.#parts) part.close()
    this.#cluster?.release()
  }

  async #connect(): Promise<void> {
    const { clock, logger } = this.#surroundings
    this.#cancel = undefined
    let cluster: HeldCluster | undefined
    try {
      cluster = await acquireCluster(clusterOf(this.#config), this.#surroundings)
      if (this.used) this.#begin(cluster)
      else cluster.release()
    } catch (error) {
      cluster?.release()
      if (!this.used) return
      if (!this.#failing) {
        logger.error('a cluster of Kubernetes cannot be found: its targets are not known', {
          error: describeError(error),
        })
      }
      this.#failing = true
      this.#cancel = clock.after(retryMs, () => void this.#connect())
    }
  }

  /** @throws {Error} where one's own namespace is not known */
  #begin(cluster: HeldCluster): void {
    const { role, attach_metadata: attached } = this.#config
    const namespaces = watchedNamespaces(this.#config, cluster.namespace)
    if (this.#failing) this.#surroundings.logger.info('a cluster of Kubernetes was found')
    this.#failing = false
    this.#cluster = cluster
    this.#parts = namespaces.map(
      (namespace) =>
        new ObjectTargets({
          role: roles[role],
          attached,
          watches: cluster.watches,
          scopeOf: (watched) => watchedScope(this.#config, watched, namespace),
          onChange: () => this.#plan(settleMs),
        }),
    )
  }

  #plan(delayMs: number): void {
    this.#cancel ??= this.#surroundings.clock.after(delayMs, () => this.#refresh())
  }

  #refresh(): void {
    this.#cancel = undefined
    for (const part of this.#parts) this.#changed = part.refresh(objectsPerTurn) || this.#changed
    if (this.#parts.some(({ due }) => due)) return this.#plan(0)
    const isFirst = this.#told === undefined && this.#parts.some(({ synced }) => synced)
    if (!isFirst && !this.#changed) return
    this.#changed = false
    this.#told = this.#parts.flatMap((part) => part.targets())
    for (const listener of this.#listeners) listener(this.#told)
  }
}
