import type { ContainerState, KnownIdentity } from '../container-identity.ts'
import {
  foreignCount,
  foreignLabels,
  foreignList,
  foreignObject,
  foreignText,
  foreignTime,
} from '../foreign-text.ts'
import type { IdentitySource, KnownContainers } from '../identity-source.ts'
import { inParallel } from '../parallel.ts'
import { podLabel } from '../pod-labels.ts'
import { EngineClient, EngineError } from './engine-client.ts'

const mostContainers = 20_000
const parallelCalls = 4

/** The words of Docker and podman for states of containers. */
const states: ReadonlyMap<string, ContainerState> = new Map([
  ['created', 'created'],
  ['configured', 'created'],
  ['initialized', 'created'],
  ['running', 'running'],
  ['restarting', 'running'],
  ['stopping', 'running'],
  ['paused', 'paused'],
  ['exited', 'exited'],
  ['stopped', 'exited'],
  ['removing', 'exited'],
  ['dead', 'exited'],
])

/** The id by which cgroups know a container. */
const idForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** What only the inspection of one container tells. */
type Details = Pick<
  KnownIdentity,
  'startedAt' | 'finishedAt' | 'exitCode' | 'exitReason' | 'restarts' | 'pid' | 'hostNetwork' | 'logPath'
>

/** The details of a container in one of its states. */
interface Inspected {
  readonly state: string
  readonly details: Details
}

/**
 * What Docker or podman knows, by the API of Docker's engine. Each time the list is asked for; one container alone where it is
 * new or in another state than before.
 */
export class EngineSource implements IdentitySource {
  readonly address: string
  readonly #client: EngineClient
  #details = new Map<string, Inspected>()
  #runtime = ''

  /** @param socket where the socket is, root path included */
  constructor(socket: string) {
    this.address = socket
    this.#client = new EngineClient(socket)
  }

  async list(signal: AbortSignal): Promise<KnownContainers> {
    if (this.#runtime === '') this.#runtime = await this.#askRuntime(signal)
    const listed = foreignList(await this.#client.get('/containers/json?all=1', signal), mostContainers)
      .map((item) => foreignObject(item))
      .filter((item) => idForm.test(foreignText(item['Id'])))
    await this.#inspectNew(listed, signal)
    return { containers: listed.map((item) => this.#identityOf(item)), pods: [] }
  }

  close(): void {
    // Each request has a connection of its own.
  }

  async #askRuntime(signal: AbortSignal): Promise<string> {
    const components = foreignList(
      foreignObject(await this.#client.get('/version', signal))['Components'],
      20,
    )
    const isPodman = components.some((each) => foreignText(foreignObject(each)['Name']).startsWith('Podman'))
    return isPodman ? 'podman' : 'docker'
  }

  async #inspectNew(
    listed: readonly Readonly<Record<string, unknown>>[],
    signal: AbortSignal,
  ): Promise<void> {
    const details = new Map<string, Inspected>()
    const unknown: { readonly id: string; readonly state: string }[] = []
    for (const item of listed) {
      const id = foreignText(item['Id'])
      const state = foreignText(item['State'])
      const before = this.#details.get(id)
      if (before?.state === state) details.set(id, before)
      else unknown.push({ id, state })
    }
    await inParallel(unknown, parallelCalls, async ({ id, state }) => {
      try {
        details.set(id, {
          state,
          details: detailsOf(await this.#client.get(`/containers/${id}/json`, signal)),
        })
      } catch (error) {
        // It was listed and is gone.
        if (!(error instanceof EngineError) || error.status !== 404) throw error
      }
    })
    this.#details = details
  }

  #identityOf(item: Readonly<Record<string, unknown>>): KnownIdentity {
    const id = foreignText(item['Id'])
    const labels = foreignLabels(Object.entries(foreignObject(item['Labels'])))
    const [name] = foreignList(item['Names'], 1)
    const created = foreignCount(item['Created'])
    const isSandbox = labels.get('io.kubernetes.docker.type') === 'podsandbox' || item['IsInfra'] === true
    return {
      id,
      runtime: this.#runtime,
      pod: labels.get(podLabel.pod) ?? '',
      namespace: labels.get(podLabel.namespace) ?? '',
      podUid: labels.get(podLabel.podUid) ?? '',
      container: labels.get(podLabel.container) ?? '',
      image: foreignText(item['Image']),
      imageId: foreignText(item['ImageID']),
      name: foreignText(name).replace(/^\//, ''),
      labels,
      state: states.get(foreignText(item['State']).toLowerCase()) ?? 'unknown',
      createdAt: created === undefined ? undefined : created * 1000,
      isSandbox,
      sandboxId: isSandbox ? id : '',
      ...this.#details.get(id)?.details,
    }
  }
}

function detailsOf(body: unknown): Details {
  const container = foreignObject(body)
  const state = foreignObject(container['State'])
  const isRunning = state['Running'] === true
  const wasKilled = state['OOMKilled'] === true
  const finishedAt = foreignTime(state['FinishedAt'])
  const hasEnded = !isRunning && finishedAt !== undefined
  const mode = foreignObject(container['HostConfig'])['NetworkMode']
  return {
    startedAt: foreignTime(state['StartedAt']),
    finishedAt: hasEnded ? finishedAt : undefined,
    exitCode: hasEnded ? foreignCount(state['ExitCode']) : undefined,
    exitReason: wasKilled ? 'OOMKilled' : '',
    restarts: foreignCount(container['RestartCount']),
    pid: foreignCount(state['Pid']) || undefined,
    hostNetwork: typeof mode === 'string' ? mode === 'host' : undefined,
    logPath: foreignText(container['LogPath']),
  }
}
