import { statSync } from 'node:fs'
import type { Clock } from '#src/component/clock.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { CriSource } from './cri/cri-source.ts'
import { EngineSource } from './engine/engine-source.ts'
import type { IdentitySource } from './identity-source.ts'
import { PodLogs } from './pod-logs.ts'

/** Where runtimes have the sockets of the Container Runtime Interface, as they and the distributions of Kubernetes install them. */
export const criSockets: readonly string[] = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/cri-dockerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
]

/** Where Docker and podman have the sockets of their API. */
export const engineSockets: readonly string[] = ['/run/docker.sock', '/run/podman/podman.sock']

/** Which sources there are. */
export interface RuntimeSourcesOptions {
  readonly files: HostFiles
  readonly clock: Clock
  /** Sockets of the CRI on the host, instead of those that are known. */
  readonly criSockets?: readonly string[] | undefined
  /** Sockets of Docker's API on the host, instead of those that are known. */
  readonly engineSockets?: readonly string[] | undefined
  /** How often writable layers are asked for, in milliseconds; undefined where nobody wants them. */
  readonly writableLayersMs: number | undefined
  /** Other sources, which are asked after the runtimes and before the files: the kubelet. */
  readonly others?: readonly IdentitySource[] | undefined
}

/**
 * The sources of a host, best first: runtimes of the CRI, Docker and podman, others that are given, and names of log files.
 * A socket that is not there is no source, until it is.
 */
export class RuntimeSources {
  readonly #options: RuntimeSourcesOptions
  readonly #logs: PodLogs
  readonly #made = new Map<string, IdentitySource>()

  constructor(options: RuntimeSourcesOptions) {
    this.#options = options
    this.#logs = new PodLogs(options.files)
  }

  /** Those that are there now. What they know is kept while they are. */
  current(): IdentitySource[] {
    const { clock, writableLayersMs, others = [] } = this.#options
    return [
      ...this.#there(
        this.#options.criSockets ?? criSockets,
        (socket) => new CriSource(socket, { clock, writableLayersMs }),
      ),
      ...this.#there(this.#options.engineSockets ?? engineSockets, (socket) => new EngineSource(socket)),
      ...others,
      this.#logs,
    ]
  }

  #there(sockets: readonly string[], make: (socket: string) => IdentitySource): IdentitySource[] {
    return sockets.flatMap((path) => {
      const socket = this.#options.files.pathOf(path)
      let source = this.#made.get(socket)
      // One that went away is asked all the same: that it does not answer is then told.
      if (source === undefined && isSocket(socket)) {
        source = make(socket)
        this.#made.set(socket, source)
      }
      return source ?? []
    })
  }
}

function isSocket(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
  } catch {
    // A folder on the way that may not be looked into: as good as not there.
    return false
  }
}
