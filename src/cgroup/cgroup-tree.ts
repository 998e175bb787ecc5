import type { HostFiles } from '#src/host/host-files.ts'
import { holdsPods, identify, isIgnored, rootIdentity, type CgroupIdentity } from './cgroup-identity.ts'

/** One cgroup that was found. */
export interface FoundCgroup extends CgroupIdentity {
  /** From the root of the hierarchy; `/` is that root itself. */
  readonly path: string
}

/** How deep containers stand outside of the kubelet's folder: rootless podman has the most levels. */
const mostLevels = 6

/** How deep containers stand below `kubepods`: class, pod, container. */
const podLevels = 3

/** More cgroups than a node has; the rest is left out, so that a runaway tree costs a bounded time. */
export const mostCgroups = 20_000

/**
 * Finds the cgroups of a hierarchy: pods and containers, and what stands above them. What is below a container is
 * its own affair (systemd in a container, docker in docker), but for a node in a container (kind), whose pods are pods.
 *
 * @param folder where the hierarchy is mounted on the host
 */
export function findCgroups(files: HostFiles, folder: string): FoundCgroup[] {
  const found: FoundCgroup[] = [{ ...rootIdentity, path: '/' }]
  const walk = (parent: FoundCgroup, levels: number, inPods: boolean): void => {
    if (levels === 0) return
    const prefix = parent.path === '/' ? '/' : `${parent.path}/`
    for (const name of files.folders(folder + parent.path)) {
      if (found.length >= mostCgroups) return
      if (isIgnored(name)) continue
      const pods = inPods || holdsPods(name)
      const inside = parent.kind === 'container'
      const cgroup = { ...identify(name, pods && inside ? rootIdentity : parent, pods), path: prefix + name }
      const counts = !inside || holdsPods(name)
      if (counts) found.push(cgroup)
      // What is inside of a container of a pod holds no pods; inside of any other one it is only searched for them.
      if (cgroup.kind === 'container' && cgroup.podUid !== '') continue
      walk(counts ? cgroup : { ...parent, path: cgroup.path }, pods && !inPods ? podLevels : levels - 1, pods)
    }
  }
  walk({ ...rootIdentity, path: '/' }, mostLevels, false)
  return found
}
