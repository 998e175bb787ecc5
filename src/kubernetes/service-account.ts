import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { readBoundedFile } from '#src/config/bounded-file.ts'
import { schemeCredentials } from '#src/http/client/credentials.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { FileText } from '#src/http/client/file-text.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { TlsSource } from '#src/http/client/tls-source.ts'
import type { ClusterAccess } from './cluster-access.ts'

/** Where Kubernetes puts what a pod proves itself with. */
const defaultFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The way from inside a pod: the server that the environment names, the token and the authority of files, both read again as
 * they are rotated. This is done without @kubernetes/client-node, since it is three files and two variables, and that module takes 86 MB.
 *
 * @throws {Error} outside of a pod
 */
export function serviceAccountAccess(
  surroundings: ClientSurroundings,
  folder = defaultFolder,
): ClusterAccess {
  const { clock, logger, environment = process.env } = surroundings
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? ''
  if (host === '' || port === '') {
    throw new Error(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod. Outside of one say by a kubeconfig where the API server is',
    )
  }
  const authorities = join(folder, 'ca.crt')
  const token = new FileText('the token of the service account', join(folder, 'token'), clock)
  const ca = new FileText('the authority of the cluster', authorities, clock)
  const client = new HttpClient({
    ...surroundings,
    credentials: schemeCredentials('Bearer', token),
    tls: new TlsSource({ ca }, logger),
    redirects: 'never',
  })
  const server = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`)
  return { server, client, namespace: namespaceIn(folder), trust: `those of ${authorities}` }
}

function namespaceIn(folder: string): string | undefined {
  try {
    return readBoundedFile(join(folder, 'namespace')).trim()
  } catch {
    return undefined
  }
}
