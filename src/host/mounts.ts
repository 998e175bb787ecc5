import { answersFromMemory, passesFromMemory } from './filesystem-types.ts'
import { HostError } from './host-error.ts'
import type { HostFiles } from './host-files.ts'
import { holdsOnTheWay, visibleMounts } from './mount-tree.ts'
import { parseMountinfo, type Mount } from './mountinfo.ts'

/** A mount of the host that its mount point leads to. */
export interface HostMount extends Mount {
  /** Whether `statfs` of it may hang: of its own type, or on the way to it. */
  readonly mayHang: boolean
}

/**
 * The mounts of the host, by their mount points on the host, without those that others cover. They are the mounts of
 * the first process. Where its list is hidden they are those of this process; then only what lies under the root path
 * is the host's.
 *
 * @throws HostError
 */
export function hostMounts(files: HostFiles): readonly HostMount[] {
  try {
    return files.parse('/proc/1/mountinfo', visibleIn)
  } catch (error) {
    const hidden =
      error instanceof HostError && (error.reason === 'not_found' || error.reason === 'permission_denied')
    if (!hidden) throw error
  }
  const mounts = files.parse('/proc/self/mountinfo', parseMountinfo).flatMap((mount) => {
    const mountPoint = files.hostPathOf(mount.mountPoint)
    return mountPoint === undefined ? [] : [{ ...mount, mountPoint }]
  })
  return visibleOf(mounts)
}

/** The list that was read last. Mounts change seldom, and to read them anew takes 2 ms of a cycle's 14. */
let last: { readonly text: string; readonly mounts: readonly HostMount[] } | undefined

function visibleIn(text: string): readonly HostMount[] {
  if (last?.text !== text) last = { text, mounts: visibleOf(parseMountinfo(text)) }
  return last.mounts
}

function visibleOf(mounts: readonly Mount[]): HostMount[] {
  const blocked = holdsOnTheWay(mounts, ({ fsType }) => !passesFromMemory(fsType))
  return visibleMounts(mounts).map((mount) => ({
    ...mount,
    mayHang: !answersFromMemory(mount.fsType) || blocked.get(mount.id) === true,
  }))
}
