import { rootIdentity } from '#src/cgroup/cgroup-identity.ts'
import type { ContainerIdentity } from '#src/containers/container-identity.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import type { Facts, Subject } from '#src/naming/facts.ts'
import { levelOf, type Level } from './level.ts'
import { recordLife } from './state/index.ts'
import { subjectOf } from './subject.ts'

/** More than any runtime keeps on purpose. */
const mostEnded = 5000

/** A container without a cgroup. */
interface Ended {
  readonly source: Source
  readonly recorder: Recorder
  readonly level: Level
  subject: Subject
  identity: ContainerIdentity
}

/**
 * Containers that have no cgroup, while their runtime lists them: those that ended, and those that were never started. They use
 * nothing, but in what state they are, how they ended and how often they were started again is worth knowing.
 */
export class EndedContainers {
  readonly #receiver: string
  readonly #node: string
  #known = new Map<string, Ended>()
  #gone: Ended[] = []

  /** @param of the receiver's id, of which the sources are, and the name of the node */
  constructor({ receiver, node }: { readonly receiver: string; readonly node: string }) {
    this.#receiver = receiver
    this.#node = node
  }

  /**
   * What is to be told of them in this cycle: stale markers where the runtime removed one, or started it again.
   *
   * @param all that the runtimes know
   * @param seen the ids of containers that have a cgroup
   */
  record(
    all: Iterable<ContainerIdentity>,
    seen: ReadonlySet<string>,
    { facts, now }: { readonly facts: Facts; readonly now: number },
  ): Batch[] {
    const before = this.#known
    const known = new Map<string, Ended>()
    for (const identity of all) {
      if (known.size >= mostEnded) break
      if (identity.isSandbox || seen.has(identity.id)) continue
      if (identity.state !== 'exited' && identity.state !== 'created') continue
      known.set(identity.id, this.#endedOf(identity, before.get(identity.id)))
      before.delete(identity.id)
    }
    this.#known = known
    this.#gone = [...before.values()]
    return [...this.#gone, ...known.values()].flatMap((ended) => {
      facts.turnTo(ended.recorder, ended.subject)
      facts.begin()
      if (known.has(ended.identity.id)) recordLife(ended.identity, ended.level, facts)
      return facts.end(now)
    })
  }

  /** Forgets those whose end was told by the last `record`. */
  forgetGone(forget: (source: Source) => void): void {
    for (const { source, recorder } of this.#gone) {
      forget(source)
      recorder.dispose()
    }
    this.#gone = []
  }

  dispose(): void {
    for (const { recorder } of this.#known.values()) recorder.dispose()
  }

  #endedOf(identity: ContainerIdentity, known: Ended | undefined): Ended {
    if (known?.identity === identity) return known
    const found = {
      ...rootIdentity,
      kind: 'container',
      containerId: identity.id,
      podUid: identity.podUid,
      path: '',
    } as const
    const level = levelOf(found, false)
    const subject = subjectOf({ found, level, container: identity, pod: undefined, node: this.#node })
    if (known !== undefined) return Object.assign(known, { identity, subject })
    const source = new Source(this.#receiver, `ended:${identity.id}`)
    return { source, recorder: new Recorder(source), level, subject, identity }
  }
}
