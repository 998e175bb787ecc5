import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import type { ClusterOptions } from '#src/kubernetes/cluster-config.ts'
import { acquireCluster, type HeldCluster } from '#src/kubernetes/clusters.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import { foreignObject } from '#src/containers/foreign-text.ts'
import { amountsOf, noAllotment, type Amounts } from './allotment.ts'

/** Nodes. */
export const nodes: Resource = { group: '', version: 'v1', name: 'nodes', namespaced: false }

/** How long what a node has is taken as known; CPUs are seldom plugged in. */
const refreshMs = 5 * 60_000

/** What a node has, as its object at the API server says. It is asked at the first question. */
export class NodeCapacity {
  readonly #options: ClusterOptions
  readonly #surroundings: ClientSurroundings
  #cluster: Promise<HeldCluster> | undefined
  #known = noAllotment.limit
  #knownUntil = 0
  /** What was said of the last failure, so that it is said once. */
  #failure: string | undefined

  constructor(options: ClusterOptions, surroundings: ClientSurroundings) {
    this.#options = options
    this.#surroundings = surroundings
  }

  /** What the node has, as of at most five minutes ago; nothing, with a word in the log, while nobody tells. */
  async read(node: string, signal: AbortSignal): Promise<Amounts> {
    const { clock, logger } = this.#surroundings
    if (clock.monotonic() < this.#knownUntil) return this.#known
    try {
      const { api } = await this.#open()
      const { status } = await api.read(nodes, '', node, signal)
      this.#known = amountsOf(foreignObject(status)['capacity'])
      this.#knownUntil = clock.monotonic() + refreshMs
      this.#failure = undefined
    } catch (error) {
      signal.throwIfAborted()
      this.#known = noAllotment.limit
      const message = error instanceof Error ? error.message : String(error)
      if (message !== this.#failure)
        logger.warn('node.utilization is missing: the API server does not tell of the node', {
          node,
          error: message,
        })
      this.#failure = message
    }
    return this.#known
  }

  close(): void {
    void this.#cluster?.then(
      (cluster) => cluster.release(),
      () => undefined,
    )
  }

  async #open(): Promise<HeldCluster> {
    this.#cluster ??= acquireCluster(this.#options, this.#surroundings).catch((error: unknown) => {
      this.#cluster = undefined
      throw error
    })
    return await this.#cluster
  }
}
