import type { HostFiles } from '#src/host/host-files.ts'
import { parseNetDev, type NetworkInterface } from '#src/host/net-dev.ts'

/** What cAdvisor passes over: the loopback, and the host's ends of other pods' interfaces, which a nested runtime has. */
const notOfPods = /^(?:lo\d*$|veth|docker|nerdctl)/i

/**
 * The interfaces that a process sees: those of its pod, which all its containers share. No namespace is entered: the kernel
 * shows them in `/proc/PID/net/dev`.
 *
 * @param pid as the host's `/proc` counts
 * @returns `host` where it shares the network of the host's first process; undefined where there is no such process
 * @throws HostError where it is there and cannot be read
 */
export function readPodNetwork(
  files: HostFiles,
  pid: number,
): readonly NetworkInterface[] | 'host' | undefined {
  const namespace = files.link(`/proc/${pid}/ns/net`)
  if (namespace === undefined) return undefined
  if (namespace === files.link('/proc/1/ns/net')) return 'host'
  return readNetwork(files, pid)
}

/**
 * Whether a process is still of a pod or a container: its number may be another's by now.
 *
 * @param ids the pod's UID or ids of containers, one of which its cgroups must name
 */
export function belongsTo(files: HostFiles, pid: number, ids: readonly string[]): boolean {
  const cgroups = files.attribute(`/proc/${pid}/cgroup`)
  if (cgroups === undefined) return false
  // The driver systemd writes the dashes of a UID as underscores.
  const names = ids.filter((id) => id !== '').flatMap((id) => [id, id.replaceAll('-', '_')])
  return names.some((name) => cgroups.includes(name))
}

/** The interfaces of the host itself. */
export function readHostNetwork(files: HostFiles): readonly NetworkInterface[] | undefined {
  return readNetwork(files, 1)
}

function readNetwork(files: HostFiles, pid: number): readonly NetworkInterface[] | undefined {
  // An attribute comes trimmed, and each line of the kernel has its end.
  return files
    .parseAttribute(`/proc/${pid}/net/dev`, (text) => parseNetDev(`${text}\n`))
    ?.filter(({ name }) => !notOfPods.test(name))
}
