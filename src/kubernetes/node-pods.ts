import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { untilAborted } from '#src/http/client/host-lookup.ts'
import type { ClusterOptions } from './cluster-config.ts'
import { acquireCluster, type HeldCluster } from './clusters.ts'
import type { Projection } from './object-cache.ts'
import type { Resource } from './resource.ts'
import type { Subscribed } from './watches.ts'

/** Pods. */
export const pods: Resource = { group: '', version: 'v1', name: 'pods', namespaced: true }

/** The pods of one node, as the API server knows them. They are watched from the first question on. */
export class NodePods<Kept> {
  readonly #options: ClusterOptions
  readonly #surroundings: ClientSurroundings
  readonly #node: string
  readonly #projection: Projection<Kept>
  #opened: Promise<HeldCluster> | undefined
  #watch: Subscribed<Kept> | undefined
  #known: PromiseWithResolvers<void> | undefined
  #isClosed = false

  /** @param projection what is kept of a pod */
  constructor(
    options: ClusterOptions,
    node: string,
    projection: Projection<Kept>,
    surroundings: ClientSurroundings,
  ) {
    this.#options = options
    this.#node = node
    this.#projection = projection
    this.#surroundings = surroundings
  }

  /**
   * What is kept of all pods: as of now, or as of when the server was last heard of.
   *
   * @throws {Error} where they never were known, that says why
   */
  async list(signal: AbortSignal): Promise<Kept[]> {
    const watch = this.#watch ?? (await this.#begin())
    if (!watch.synced) {
      this.#known ??= Promise.withResolvers()
      await untilAborted(this.#known.promise, signal)
    }
    return [...watch.objects()]
  }

  close(): void {
    this.#isClosed = true
    this.#watch?.close()
    void this.#opened?.then(
      (cluster) => cluster.release(),
      // Whoever asked was told why.
      () => undefined,
    )
  }

  async #begin(): Promise<Subscribed<Kept>> {
    this.#opened ??= acquireCluster(this.#options, this.#surroundings).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    const { watches } = await this.#opened
    if (this.#isClosed) throw new Error('the pods of the node are not watched any more')
    // Others who asked meanwhile come here one after the other.
    this.#watch ??= watches.subscribe<Kept>({
      scope: { resource: pods, fieldSelector: `spec.nodeName=${this.#node}` },
      projection: this.#projection,
      synced: () => this.#settle(),
      trouble: ({ message }) => this.#settle(new Error(message)),
    })
    return this.#watch
  }

  #settle(error?: Error): void {
    const known = this.#known
    this.#known = undefined
    if (error === undefined) known?.resolve()
    else known?.reject(error)
  }
}
