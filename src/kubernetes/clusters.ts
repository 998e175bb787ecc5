import { fingerprintOf } from '#src/config/fingerprint.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { ApiClient } from './api-client.ts'
import { ApiStatistics } from './api-statistics.ts'
import { openCluster } from './cluster-access.ts'
import type { ClusterOptions } from './cluster-config.ts'
import { Watches } from './watches.ts'

/** A cluster that several components use. */
export interface Cluster {
  readonly api: ApiClient
  /** Whoever wants the same objects shares a watch. */
  readonly watches: Watches
  /** The namespace that is one's own. */
  readonly namespace: string | undefined
}

/** A cluster in one's hands. */
export interface HeldCluster extends Cluster {
  /** Gives it back; the last one closes its connections. Close subscriptions before. */
  release(): void
}

interface Shared {
  readonly cluster: Promise<Cluster>
  users: number
}

const shared = new Map<string, Shared>()

/**
 * The cluster that options describe. Components of this thread with the same options get the same one, so that its server is
 * asked once for all of them; it logs by the logger of the first.
 *
 * @throws {Error} that says what the options, the files or the environment lack
 */
export async function acquireCluster(
  options: ClusterOptions,
  surroundings: ClientSurroundings,
): Promise<HeldCluster> {
  const key = fingerprintOf(options)
  const entry = shared.get(key) ?? { cluster: connect(options, surroundings), users: 0 }
  shared.set(key, entry)
  entry.users++
  let held = true
  const release = (): void => {
    if (!held) return
    held = false
    if (--entry.users > 0) return
    if (shared.get(key) === entry) shared.delete(key)
    entry.cluster.then(
      ({ api }) => api.close(),
      () => undefined,
    )
  }
  try {
    return { ...(await entry.cluster), release }
  } catch (error) {
    release()
    throw error
  }
}

/** What the clients of all clusters did so far. */
export async function clusterStatistics(): Promise<ApiStatistics[]> {
  const settled = await Promise.allSettled([...shared.values()].map(async ({ cluster }) => await cluster))
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value.api.statistics] : []))
}

async function connect(options: ClusterOptions, surroundings: ClientSurroundings): Promise<Cluster> {
  const access = await openCluster(options, surroundings)
  const api = new ApiClient({ ...access, clock: surroundings.clock, statistics: new ApiStatistics() })
  return { api, watches: new Watches(api, surroundings.logger), namespace: access.namespace }
}
