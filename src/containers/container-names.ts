import type { ContainerIdentity, PodIdentity } from './container-identity.ts'

/** A container, as its cgroup shows it. */
export interface SeenContainer {
  readonly containerId: string
  /** Undefined for one that is of no pod. */
  readonly podUid: string | undefined
}

/**
 * Who containers are. In each cycle: `refresh` with the containers that the cgroups show, then `find` for each.
 * `RuntimeNames` asks the runtimes; a test gives its own.
 */
export interface ContainerNames {
  /** Connects in the background, and never fails: without any source all is unknown. */
  start(): void
  /**
   * Brings what is known up to date: asks the sources where a container is among the seen that is not known, where what is
   * known is old, or where no cache is wanted. At most one question is on its way; who comes meanwhile shares its answer.
   * Settles, and does not throw, when the sources answered or the signal aborts: then what is known stays as it was.
   */
  refresh(seen: readonly SeenContainer[], signal: AbortSignal): Promise<void>
  /** Who a container is; undefined where nobody knows. */
  find(containerId: string): ContainerIdentity | undefined
  /** Who a pod is. */
  findPod(podUid: string): PodIdentity | undefined
  /** All that are known: also those that ended and are kept by their runtime. */
  all(): Iterable<ContainerIdentity>
  /** The sources that do not answer, for a log line and the metric of scrape errors: the address, and why. */
  readonly problems: ReadonlyMap<string, Error>
  /** The addresses of those that do. */
  readonly answering: readonly string[]
  stop(): Promise<void>
}
