import { CgroupFiles } from '#src/cgroup/cgroup-files.ts'
import type { FoundCgroup } from '#src/cgroup/cgroup-tree.ts'
import type { Hierarchies } from '#src/cgroup/hierarchies.ts'
import type { ContainerNames } from '#src/containers/container-names.ts'
import type { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { Source } from '#src/model/source.ts'
import type { Owners } from './collector.ts'
import { TrackedCgroup } from './tracked-cgroup.ts'

/** What tracking needs of the receiver. */
export interface Tracking {
  readonly files: HostFiles
  readonly names: ContainerNames
  /** The receiver's id, of which the sources are. */
  readonly receiver: string
  readonly node: string
  /** Unix time of the boot in milliseconds, before which no cgroup was made. */
  readonly bootTime: () => number | undefined
  readonly problem: (error: HostError) => void
}

/** The cgroups that are measured, by path. */
export class TrackedCgroups {
  readonly #tracking: Tracking
  #known = new Map<string, TrackedCgroup>()

  constructor(tracking: Tracking) {
    this.#tracking = tracking
  }

  get all(): Iterable<TrackedCgroup> {
    return this.#known.values()
  }

  /**
   * Brings what is tracked in line with what was found.
   *
   * @returns those that are gone, also where another cgroup has their path now
   */
  update(found: readonly FoundCgroup[], hierarchies: Hierarchies): TrackedCgroup[] {
    const { files, node } = this.#tracking
    const before = this.#known
    const now = new Map<string, TrackedCgroup>()
    for (const each of found) {
      const status = files.status(`${hierarchies.tree ?? ''}${each.path}`)
      if (status === undefined) continue
      const owners = this.#ownersOf(each)
      const known = before.get(each.path)
      if (known?.inode === status.inode) {
        known.name(owners, node)
        now.set(each.path, known)
        before.delete(each.path)
      } else {
        now.set(each.path, this.#track(each, { hierarchies, inode: status.inode, owners }))
      }
    }
    this.#known = now
    return [...before.values()]
  }

  #ownersOf({ containerId, podUid }: FoundCgroup): Owners {
    const { names } = this.#tracking
    return {
      container: containerId === '' ? undefined : names.find(containerId),
      pod: podUid === '' ? undefined : names.findPod(podUid),
    }
  }

  #track(
    found: FoundCgroup,
    { hierarchies, inode, owners }: { hierarchies: Hierarchies; inode: number; owners: Owners },
  ): TrackedCgroup {
    const { files, receiver, node, problem } = this.#tracking
    return new TrackedCgroup(found, {
      inode,
      startTime: this.#startTimeOf(found, hierarchies),
      source: new Source(receiver, found.path),
      cgroup: new CgroupFiles(files, { hierarchies, path: found.path }, problem),
      owners,
      node,
    })
  }

  /** When a cgroup was made: the earliest that its folder and a file that nobody writes were changed, not before the boot. */
  #startTimeOf({ path }: FoundCgroup, { tree = '' }: Hierarchies): number | undefined {
    const { files, bootTime } = this.#tracking
    const boot = bootTime()
    if (path === '/') return boot
    const times = ['', '/cgroup.clone_children', '/cgroup.events'].flatMap(
      (name) => files.status(`${tree}${path}${name}`)?.changedMs ?? [],
    )
    return times.length === 0 ? boot : Math.max(boot ?? 0, Math.floor(Math.min(...times)))
  }
}
