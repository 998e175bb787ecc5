import { hostname } from 'node:os'
import { HostError } from './host-error.ts'
import type { HostFiles } from './host-files.ts'

/**
 * The name of this node: the variable K8S_NODE_NAME or NODE_NAME, which a Kubernetes manifest sets from `spec.nodeName`,
 * else the host's own name. In a container that is not the container's: where the host is mounted, its `/etc/hostname` tells.
 */
export function nodeName(
  files: HostFiles,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { K8S_NODE_NAME: first = '', NODE_NAME: second = '' } = environment
  const given = first === '' ? second : first
  if (given !== '') return given
  if (!files.mounted) return hostname()
  try {
    return files.attribute('/etc/hostname') ?? hostname()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return hostname()
  }
}
