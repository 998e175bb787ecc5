import type { Clock } from '#src/component/clock.ts'
import type { KnownIdentity, PodIdentity, WritableLayer } from '../container-identity.ts'
import type { IdentitySource, KnownContainers } from '../identity-source.ts'
import { inParallel } from '../parallel.ts'
import { podLabel } from '../pod-labels.ts'
import { CriClient, CriError } from './cri-client.ts'
import type { CriContainer, CriContainerStatus, CriSandbox, CriSandboxStatus } from './cri-messages.ts'

/** Calls on their way at once: a runtime answers them one by one when it is busy. */
const parallelCalls = 4

/** What is asked once for each state of a container or a sandbox. */
interface Asked<Status> {
  readonly state: string
  readonly status: Status
}

/** How a runtime is asked. */
export interface CriSourceOptions {
  readonly clock: Clock
  /** How often the writable layers are asked for, in milliseconds; undefined where nobody wants them. */
  readonly writableLayersMs: number | undefined
}

/**
 * What a runtime of the CRI knows. Each time it is asked for its lists; when a container began and how it ended, which the
 * lists lack, only for those that are new or in another state than before.
 */
export class CriSource implements IdentitySource {
  readonly address: string
  readonly #client: CriClient
  readonly #options: CriSourceOptions
  #runtime = ''
  #containers = new Map<string, Asked<CriContainerStatus>>()
  #sandboxes = new Map<string, Asked<CriSandboxStatus>>()
  #layers = new Map<string, WritableLayer>()
  #layersAskedAt = Number.NEGATIVE_INFINITY

  /** @param socket where the socket is, root path included */
  constructor(socket: string, options: CriSourceOptions) {
    this.address = socket
    this.#client = new CriClient(socket)
    this.#options = options
  }

  async list(signal: AbortSignal): Promise<KnownContainers> {
    if (this.#runtime === '') this.#runtime = await this.#client.runtimeName(signal)
    const [sandboxes, containers] = await Promise.all([
      this.#client.sandboxes(signal),
      this.#client.containers(signal),
    ])
    this.#sandboxes = await askNew(sandboxes, this.#sandboxes, {
      stateOf: ({ isReady }) => String(isReady),
      ask: async ({ id }) => await this.#client.sandboxStatus(id, signal),
    })
    this.#containers = await askNew(containers, this.#containers, {
      stateOf: ({ state }) => state,
      ask: async ({ id }) => await this.#client.containerStatus(id, signal),
    })
    await this.#askLayers(signal)
    const podsBySandbox = new Map(sandboxes.map((sandbox) => [sandbox.id, this.#podOf(sandbox)]))
    return {
      containers: [
        ...sandboxes.map((sandbox) => this.#sandboxIdentity(sandbox)),
        ...containers.map((container) => this.#containerIdentity(container, podsBySandbox)),
      ],
      // In the order of their time, so that the newest sandbox of a pod is the last.
      pods: sandboxes.toSorted(oldestFirst).map((sandbox) => this.#podOf(sandbox)),
    }
  }

  close(): void {
    this.#client.close()
  }

  #podOf({ id, pod, namespace, podUid, labels }: CriSandbox): PodIdentity {
    const status = this.#sandboxes.get(id)?.status
    const { pid: sandboxPid, hostNetwork } = status ?? { pid: undefined, hostNetwork: undefined }
    return { pod, namespace, podUid, sandboxId: id, sandboxPid, hostNetwork, labels }
  }

  #sandboxIdentity(sandbox: CriSandbox): KnownIdentity {
    const { id, pod, namespace, podUid, attempt, isReady, createdAt, labels } = sandbox
    const { pid, hostNetwork, image = '' } = this.#sandboxes.get(id)?.status ?? {}
    return {
      id,
      runtime: this.#runtime,
      pod,
      namespace,
      podUid,
      container: labels.get(podLabel.container) ?? '',
      image,
      name: this.#nameOf(id, ['POD', pod, namespace, podUid, attempt]),
      labels,
      state: isReady ? 'running' : 'exited',
      createdAt,
      startedAt: createdAt,
      isSandbox: true,
      sandboxId: id,
      pid,
      hostNetwork,
    }
  }

  #containerIdentity(container: CriContainer, pods: ReadonlyMap<string, PodIdentity>): KnownIdentity {
    const { id, sandboxId, name, attempt, image, imageId, state, createdAt, labels } = container
    const status = this.#containers.get(id)?.status
    const sandbox = pods.get(sandboxId)
    const pod = sandbox?.pod ?? labels.get(podLabel.pod) ?? ''
    const namespace = sandbox?.namespace ?? labels.get(podLabel.namespace) ?? ''
    const podUid = sandbox?.podUid ?? labels.get(podLabel.podUid) ?? ''
    const ended = state === 'exited' ? status : undefined
    return {
      id,
      runtime: this.#runtime,
      pod,
      namespace,
      podUid,
      container: labels.get(podLabel.container) ?? name,
      image: status?.image || image,
      imageId,
      name: this.#nameOf(id, [name, pod, namespace, podUid, attempt]),
      labels,
      state,
      createdAt,
      startedAt: status?.startedAt,
      finishedAt: ended?.finishedAt,
      exitCode: ended?.exitCode,
      exitReason: ended?.reason ?? '',
      restarts: attempt,
      sandboxId,
      hostNetwork: sandbox?.hostNetwork,
      logPath: status?.logPath ?? '',
      writableLayer: this.#layers.get(id),
    }
  }

  /** What the runtime calls a container itself: containerd by its id, the others as the kubelet once did for Docker. */
  #nameOf(id: string, parts: readonly (string | number)[]): string {
    return this.#runtime === 'containerd' ? id : `k8s_${parts.join('_')}`
  }

  async #askLayers(signal: AbortSignal): Promise<void> {
    const { clock, writableLayersMs } = this.#options
    if (writableLayersMs === undefined || clock.monotonic() - this.#layersAskedAt < writableLayersMs) return
    this.#layersAskedAt = clock.monotonic()
    try {
      const layers = await this.#client.writableLayers(signal)
      this.#layers = new Map(layers.map(({ containerId, ...layer }) => [containerId, layer]))
    } catch (error) {
      // A runtime without statistics still knows names.
      if (!(error instanceof CriError) || error.code !== 'UNIMPLEMENTED') throw error
    }
  }
}

function oldestFirst(one: CriSandbox, other: CriSandbox): number {
  if (one.isReady !== other.isReady) return one.isReady ? 1 : -1
  return (one.createdAt ?? 0) - (other.createdAt ?? 0)
}

/** Asks for the status of what is new or in another state; the answers of before are kept, of what is still listed. */
async function askNew<Item extends { readonly id: string }, Status>(
  items: readonly Item[],
  known: ReadonlyMap<string, Asked<Status>>,
  { stateOf, ask }: { stateOf: (item: Item) => string; ask: (item: Item) => Promise<Status | undefined> },
): Promise<Map<string, Asked<Status>>> {
  const asked = new Map<string, Asked<Status>>()
  const unasked: Item[] = []
  for (const item of items) {
    const before = known.get(item.id)
    if (before !== undefined) asked.set(item.id, before)
    if (before?.state !== stateOf(item)) unasked.push(item)
  }
  await inParallel(unasked, parallelCalls, async (item) => {
    try {
      const status = await ask(item)
      if (status !== undefined) asked.set(item.id, { state: stateOf(item), status })
    } catch (error) {
      // It was listed and is gone: containers come and go all the time. Any other trouble ends the whole round.
      if (!(error instanceof CriError) || error.code !== 'NOT_FOUND') throw error
    }
  })
  return asked
}
