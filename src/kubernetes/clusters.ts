import { fingerprintOf } from '#src/config/fingerprint.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { ApiClient } from './api-client.ts'
import type { ApiServerOptions } from './api-server.ts'
import { ApiStatistics, clusterStatistics } from './api-statistics.ts'
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
  options: ClusterOptions | ApiServerOptions,
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
    void close(entry.cluster)
  }
  try {
    return { ...(await entry.cluster), release }
  } catch (error) {
    release()
    throw error
  }
}

/** Closes the connections of a cluster, if it was ever opened. */
async function close(cluster: Promise<Cluster>): Promise<void> {
  const [opened] = await Promise.allSettled([cluster])
  if (opened.status === 'rejected') return
  const { api } = opened.value
  clusterStatistics.delete(api.statistics)
  api.close()
}

async function connect(
  options: ClusterOptions | ApiServerOptions,
  surroundings: ClientSurroundings,
): Promise<Cluster> {
  const access = await openCluster(options, surroundings)
  const statistics = new ApiStatistics()
  clusterStatistics.add(statistics)
  const api = new ApiClient({ ...access, clock: surroundings.clock, statistics })
  return { api, watches: new Watches(api, surroundings.logger), namespace: access.namespace }
}
