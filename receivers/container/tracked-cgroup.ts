import type { CgroupFiles } from '#src/cgroup/cgroup-files.ts'
import type { FoundCgroup } from '#src/cgroup/cgroup-tree.ts'
import type { ContainerIdentity } from '#src/containers/container-identity.ts'
import { readCpuLimits } from '#src/cgroup/cpu-statistics.ts'
import { readMemoryLimits } from '#src/cgroup/memory-statistics.ts'
import { readRootMemoryLimits } from '#src/cgroup/root-memory.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import type { Source } from '#src/model/source.ts'
import type { Subject } from '#src/naming/facts.ts'
import type { Limits, Owners, Reading } from './collector.ts'
import { levelOf, type Level } from './level.ts'
import { subjectOf } from './subject.ts'

/**
 * One cgroup from the cycle in which it is first seen to the one in which it is gone: a source of its own, so that its
 * counters begin with it, and those of a container that takes its name later are other series.
 */
export class TrackedCgroup {
  readonly found: FoundCgroup
  /** Tells it from another cgroup that later has its path. */
  readonly inode: number
  /** Unix time in milliseconds since which it counts. */
  readonly startTime: number | undefined
  readonly recorder: Recorder
  readonly source: Source
  readonly cgroup: CgroupFiles
  readonly memory = new Map<string, Reading>()
  level: Level
  subject: Subject
  #owners: Owners
  #limits: Limits | undefined
  #limitsUntil = 0

  constructor(
    found: FoundCgroup,
    made: {
      readonly inode: number
      readonly startTime: number | undefined
      readonly source: Source
      readonly cgroup: CgroupFiles
      readonly owners: Owners
      readonly node: string
    },
  ) {
    this.found = found
    this.inode = made.inode
    this.startTime = made.startTime
    this.source = made.source
    this.recorder = new Recorder(made.source)
    this.cgroup = made.cgroup
    this.#owners = made.owners
    this.level = levelOf(found, made.owners.container?.isSandbox === true)
    this.subject = subjectOf({ found, level: this.level, ...made.owners, node: made.node })
  }

  get owners(): Owners {
    return this.#owners
  }

  /** Takes what is known by now of who it is. */
  name(owners: Owners, node: string): void {
    const { container, pod } = this.#owners
    if (owners.container === container && owners.pod === pod) return
    this.#owners = owners
    if (sameTexts(owners.container, container) && sameTexts(owners.pod, pod)) return
    this.level = levelOf(this.found, owners.container?.isSandbox === true)
    this.subject = subjectOf({ found: this.found, level: this.level, ...owners, node })
  }

  /** What it may use, as of at most `ageMs` ago. */
  limits(host: HostFiles, at: number, ageMs: number): Limits {
    if (this.#limits === undefined || at >= this.#limitsUntil) {
      this.cgroup.refresh()
      const isRoot = this.found.kind === 'root'
      this.#limits = {
        cpu: readCpuLimits(this.cgroup),
        memory: isRoot ? readRootMemoryLimits(host) : readMemoryLimits(this.cgroup),
      }
      this.#limitsUntil = at + ageMs
    }
    return this.#limits
  }
}

/** What of an identity its series bear. */
const texts = ['container', 'pod', 'namespace', 'name', 'image', 'runtime', 'isSandbox'] as const

/** Whether nothing of an identity changed that series bear: a new scope would make new series of them. */
function sameTexts(
  one: Partial<ContainerIdentity> | undefined,
  other: Partial<ContainerIdentity> | undefined,
): boolean {
  return texts.every((key) => one?.[key] === other?.[key])
}
