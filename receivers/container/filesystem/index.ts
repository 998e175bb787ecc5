import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { hostMounts, type HostMount } from '#src/host/mounts.ts'
import { statfsNow, type FileSystemSpace } from '#src/host/statfs.ts'
import type { Collector } from '../collector.ts'
import {
  filesystemNames,
  writableAvailable,
  writableCapacity,
  writableInodes,
  writableUsage,
} from './names.ts'

/**
 * What containers wrote over their images, as the runtime counts it. Folders are never walked, which is most of what cAdvisor
 * costs a node.
 */
export const filesystemCollector: Collector = {
  names: filesystemNames,
  collect({ level, host, owners }, facts) {
    const layer = owners.container?.writableLayer
    if (layer === undefined) return
    const mount = mountAt(host, layer.mountpoint)
    const device = mount?.source ?? ''
    facts.record(writableUsage, { level, device }, layer.usedBytes)
    if (layer.usedInodes !== undefined) facts.record(writableInodes, { level, device }, layer.usedInodes)
    const space = mount === undefined ? undefined : spaceOf(host, mount)
    if (space === undefined) return
    facts.record(writableCapacity, { level, device }, space.size)
    facts.record(writableAvailable, { level }, space.available)
  },
}

/** The mount that holds a path: the innermost. */
function mountAt(host: HostFiles, path: string): HostMount | undefined {
  let found: HostMount | undefined
  for (const mount of mountsOf(host)) {
    const holds =
      mount.mountPoint === '/' || path === mount.mountPoint || path.startsWith(`${mount.mountPoint}/`)
    if (holds && mount.mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount
  }
  return found
}

/** Without the list of mounts, the usage is still known. */
function mountsOf(host: HostFiles): readonly HostMount[] {
  try {
    return hostMounts(host)
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function spaceOf(host: HostFiles, { mountPoint, mayHang }: HostMount): FileSystemSpace | undefined {
  if (mayHang) return undefined
  try {
    return statfsNow(host.pathOf(mountPoint))
  } catch (error) {
    // A mount that this process does not see.
    if (error instanceof HostError) return undefined
    throw error
  }
}
