import type { Clock } from '#src/component/clock.ts'
import { untilAborted } from '#src/http/client/host-lookup.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { identityOf, type ContainerIdentity, type PodIdentity } from './container-identity.ts'
import type { ContainerNames, SeenContainer } from './container-names.ts'
import type { IdentitySource, KnownContainers } from './identity-source.ts'

/** How long after a first failure a source, or an id that nobody knew, is asked again; then twice as long, and so on. */
const firstPauseMs = 1000
/** A runtime that is back is known of within a cycle. */
const longestPauseOfSourceMs = 10_000
const longestPauseOfIdMs = 60_000

/** How runtimes are asked. */
export interface RuntimeNamesOptions {
  /** The sources that are there now, best first; asked before each round, since a runtime may be installed later. */
  readonly sources: () => readonly IdentitySource[]
  readonly clock: Clock
  readonly logger: Logger
  /** Whether what is known is used until it is old; else each cycle asks. */
  readonly useCache: boolean
  /** When what is known is old, in milliseconds. */
  readonly maxAgeMs: number
  /** From 0 up to 1, for pauses that spread. */
  readonly random?: () => number
}

/** When something may be asked again. */
interface Pause {
  readonly lengthMs: number
  /** In monotonic time. */
  readonly until: number
}

/** Who containers are, by the runtimes and files of a host. */
export class RuntimeNames implements ContainerNames {
  readonly #options: RuntimeNamesOptions
  readonly #closed = new AbortController()
  readonly #lists = new Map<IdentitySource, KnownContainers>()
  readonly #pauses = new Map<IdentitySource, Pause>()
  readonly #problems = new Map<string, Error>()
  #misses = new Map<string, Pause>()
  #containers: ReadonlyMap<string, ContainerIdentity> = new Map()
  #pods: ReadonlyMap<string, PodIdentity> = new Map()
  #askedAt = Number.NEGATIVE_INFINITY
  #round: Promise<void> | undefined

  constructor(options: RuntimeNamesOptions) {
    this.#options = options
  }

  get problems(): ReadonlyMap<string, Error> {
    return this.#problems
  }

  get answering(): string[] {
    return [...this.#lists.keys()]
      .map(({ address }) => address)
      .filter((address) => !this.#problems.has(address))
  }

  start(): void {
    void this.#askOnce()
  }

  async refresh(seen: readonly SeenContainer[], signal: AbortSignal): Promise<void> {
    if (this.#round === undefined && !this.#shouldAsk(seen)) return
    try {
      await untilAborted(this.#askOnce(), signal)
      this.#noteMisses(seen)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  find(containerId: string): ContainerIdentity | undefined {
    return this.#containers.get(containerId)
  }

  findPod(podUid: string): PodIdentity | undefined {
    return this.#pods.get(podUid)
  }

  all(): Iterable<ContainerIdentity> {
    return this.#containers.values()
  }

  async stop(): Promise<void> {
    this.#closed.abort()
    await this.#round
    for (const source of this.#options.sources()) source.close()
  }

  #shouldAsk(seen: readonly SeenContainer[]): boolean {
    const { clock, useCache, maxAgeMs } = this.#options
    const now = clock.monotonic()
    if (!useCache || now - this.#askedAt >= maxAgeMs) return true
    return seen.some(
      ({ containerId }) =>
        !this.#containers.has(containerId) && now >= (this.#misses.get(containerId)?.until ?? now),
    )
  }

  /**
   * A container that no source knows (not of a runtime that is asked, or just being made) is asked for ever less often. While a
   * source does not answer, nobody can say that it does not know it.
   */
  #noteMisses(seen: readonly SeenContainer[]): void {
    if (this.#problems.size > 0) return
    const now = this.#options.clock.monotonic()
    const misses = new Map<string, Pause>()
    for (const { containerId } of seen) {
      if (this.#containers.has(containerId)) continue
      const before = this.#misses.get(containerId)
      misses.set(
        containerId,
        before !== undefined && now < before.until ? before : this.#pauseAfter(before, longestPauseOfIdMs),
      )
    }
    this.#misses = misses
  }

  /** One round for all who want one. */
  async #askOnce(): Promise<void> {
    this.#round ??= this.#askAll().finally(() => {
      this.#round = undefined
    })
    await this.#round
  }

  async #askAll(): Promise<void> {
    this.#askedAt = this.#options.clock.monotonic()
    const sources = this.#options.sources()
    await Promise.all(sources.map(async (source) => await this.#ask(source)))
    for (const source of this.#lists.keys()) if (!sources.includes(source)) this.#lists.delete(source)
    const lists = sources.flatMap((source) => this.#lists.get(source) ?? [])
    const containers = mergedContainers(lists)
    this.#containers = containers
    this.#pods = mergedPods(lists, containers)
  }

  /** What a source told before stays where it does not answer. */
  async #ask(source: IdentitySource): Promise<void> {
    const { clock, logger } = this.#options
    const pause = this.#pauses.get(source)
    if (pause !== undefined && clock.monotonic() < pause.until) return
    try {
      this.#lists.set(source, await source.list(this.#closed.signal))
      this.#pauses.delete(source)
      if (this.#problems.delete(source.address))
        logger.info('a source of the names of containers answers again', { source: source.address })
    } catch (error) {
      if (this.#closed.signal.aborted) return
      this.#pauses.set(source, this.#pauseAfter(pause, longestPauseOfSourceMs))
      const problem = error instanceof Error ? error : new Error(String(error))
      const isNew = this.#problems.get(source.address)?.message !== problem.message
      this.#problems.set(source.address, problem)
      if (isNew)
        logger.warn('a source of the names of containers does not answer; what it told before is used', {
          source: source.address,
          error: problem.message,
        })
    }
  }

  #pauseAfter(before: Pause | undefined, longestMs: number): Pause {
    const { clock, random = Math.random } = this.#options
    const lengthMs = before === undefined ? firstPauseMs : Math.min(longestMs, before.lengthMs * 2)
    return { lengthMs, until: clock.monotonic() + lengthMs * (0.8 + 0.4 * random()) }
  }
}

/** Identities by id; what a better source does not tell is told by the next. */
function mergedContainers(lists: readonly KnownContainers[]): Map<string, ContainerIdentity> {
  const merged = new Map<string, ContainerIdentity>()
  for (const { containers } of lists) {
    for (const known of containers) {
      const better = merged.get(known.id)
      merged.set(known.id, better === undefined ? identityOf(known) : filled(better, identityOf(known)))
    }
  }
  return merged
}

/** Pods by UID, from what the sources know of them and from their containers. */
function mergedPods(
  lists: readonly KnownContainers[],
  containers: ReadonlyMap<string, ContainerIdentity>,
): Map<string, PodIdentity> {
  const merged = new Map<string, PodIdentity>()
  for (const { pods } of lists) {
    // The last of one source is its newest; that of a better source stays.
    for (const [podUid, pod] of new Map(pods.map((each) => [each.podUid, each]))) {
      const better = merged.get(podUid)
      merged.set(podUid, better === undefined ? pod : filled(better, pod))
    }
  }
  for (const { pod, namespace, podUid, sandboxId, isSandbox, pid, hostNetwork } of containers.values()) {
    if (podUid === '' || pod === '') continue
    const sandboxPid = isSandbox ? pid : undefined
    const told = { pod, namespace, podUid, sandboxId, sandboxPid, hostNetwork, labels: new Map() }
    const better = merged.get(podUid)
    merged.set(podUid, better === undefined ? told : filled(better, told))
  }
  return merged
}

/** One record with what it does not tell taken from another. */
function filled<Known extends object>(better: Known, other: Known): Known {
  const told = Object.entries(better).filter(([, value]) => !saysNothing(value))
  return { ...other, ...Object.fromEntries(told) }
}

function saysNothing(value: unknown): boolean {
  return (
    value === undefined || value === '' || value === 'unknown' || (value instanceof Map && value.size === 0)
  )
}
