import type { HttpClient } from '#src/http/client/http-client.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { apiServerAccess, type ApiServerOptions } from './api-server.ts'
import type { ClusterOptions } from './cluster-config.ts'
import { serviceAccountAccess } from './service-account.ts'

/** Where a cluster is, and with what one speaks to it. */
export interface ClusterAccess {
  readonly server: URL
  readonly client: HttpClient
  /** The namespace that is one's own: that of the pod or of the context. */
  readonly namespace: string | undefined
  /** Whose certificates are trusted, in words for an error. */
  readonly trust: string
}

/**
 * Finds the way to a cluster. Nothing is asked of it yet.
 *
 * @throws {Error} that says what is missing
 */
export async function openCluster(
  options: ClusterOptions | ApiServerOptions,
  surroundings: ClientSurroundings,
): Promise<ClusterAccess> {
  if ('server' in options) return apiServerAccess(options, surroundings)
  if (options.auth_type === 'serviceAccount') return serviceAccountAccess(surroundings)
  // What it needs of @kubernetes/client-node takes 86 MB and half a second: only here, and only now.
  const { kubeConfigAccess } = await import('./kube-config.ts')
  return await kubeConfigAccess(options, surroundings)
}
