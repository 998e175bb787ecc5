import type { Mount } from './mountinfo.ts'

/**
 * The mounts that their own mount points lead to. The others are covered: by a mount on top of them, or on a folder
 * above them. What a system call says of the path of such a one, it says of the mount that covers it.
 */
export function visibleMounts(mounts: readonly Mount[]): Mount[] {
  const pointsOn = new Map<string, Set<string>>()
  for (const { id, parent, mountPoint } of mounts) {
    // The first mount of a namespace is its own parent.
    if (id === parent) continue
    const points = pointsOn.get(parent)
    if (points === undefined) pointsOn.set(parent, new Set([mountPoint]))
    else points.add(mountPoint)
  }
  const displaced = holdsOnTheWay(mounts, ({ parent, mountPoint }) => {
    const points = pointsOn.get(parent)
    return points !== undefined && foldersAbove(mountPoint).some((folder) => points.has(folder))
  })
  return mounts.filter(
    ({ id, mountPoint }) => displaced.get(id) !== true && pointsOn.get(id)?.has(mountPoint) !== true,
  )
}

/** Whether something holds for a mount or for one that the way to it leads through, by the number of the mount. */
export function holdsOnTheWay(
  mounts: readonly Mount[],
  holds: (mount: Mount) => boolean,
): ReadonlyMap<string, boolean> {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]))
  const answers = new Map<string, boolean>()
  // A loop and not a recursion: a faulty script can mount a thousand times on one folder.
  for (const mount of mounts) {
    const way: Mount[] = []
    let at: Mount | undefined = mount
    while (at !== undefined && !answers.has(at.id)) {
      way.push(at)
      answers.set(at.id, false)
      at = byId.get(at.parent)
    }
    let answer = at !== undefined && answers.get(at.id) === true
    for (const each of way.toReversed()) {
      answer ||= holds(each)
      answers.set(each.id, answer)
    }
  }
  return answers
}

function foldersAbove(path: string): string[] {
  const folders = path === '/' ? [] : ['/']
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1))
    folders.push(path.slice(0, end))
  return folders
}
