import { deepEqual } from 'node:assert/strict'
import { vi } from 'vitest'
import { OptionsText } from '#src/config/options-text.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import { KubernetesDiscovery } from './kubernetes-discovery.ts'
import { KubernetesOptions, type KubernetesConfig } from './options.ts'

export { nodes, pods } from '#src/testing/kubernetes-client.ts'

function core(name: string): Resource {
  return { group: '', version: 'v1', name, namespaced: name !== 'namespaces' }
}

export const services = core('services')
export const endpoints = core('endpoints')
export const namespaces = core('namespaces')
export const endpointSlices: Resource = { ...core('endpointslices'), group: 'discovery.k8s.io' }
export const ingresses: Resource = { ...core('ingresses'), group: 'networking.k8s.io' }
export const replicaSets: Resource = { ...core('replicasets'), group: 'apps' }
export const jobs: Resource = { ...core('jobs'), group: 'batch' }

/** Options as a file has them. */
export function optionsOf(yaml: string): KubernetesConfig {
  const { options, findings } = new OptionsText('test', yaml, KubernetesOptions)
  if (options === undefined) throw new Error(findings.map(({ text }) => text).join('\n'))
  return options
}

/** One who discovers targets of a cluster, which a test changes. */
export class TestDiscovery implements AsyncDisposable {
  readonly server: KubernetesApi
  readonly clock = new FakeClock()
  readonly log = new CapturedLog()
  /** What was told, each time. */
  readonly told: (readonly DiscoveredLabels[])[] = []
  readonly #running: KubernetesDiscovery[] = []

  private constructor(server: KubernetesApi) {
    this.server = server
  }

  static async start(): Promise<TestDiscovery> {
    return new TestDiscovery(await KubernetesApi.start())
  }

  /** Begins to discover by options in YAML, after those that say where the server is. */
  discover(
    yaml: string,
    listener: (targets: readonly DiscoveredLabels[]) => void = (targets) => this.told.push(targets),
    place = `api_server: ${this.server.url.href}\n`,
  ): KubernetesDiscovery {
    const surroundings = { clock: this.clock, logger: this.log, environment: {} }
    const discovery = new KubernetesDiscovery(optionsOf(place + yaml), surroundings)
    this.#running.push(discovery)
    discovery.start(listener)
    return discovery
  }

  /** What was told last: labels by name, sorted by address. */
  get targets(): Record<string, string>[] {
    return (this.told.at(-1) ?? []).map(recordOf).toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1))
  }

  /** The addresses of what was told last, sorted. */
  get addresses(): string[] {
    return this.targets.map(addressOf)
  }

  /** Lets time pass until something holds, so many milliseconds a step. */
  async until(holds: () => void, step = 100): Promise<void> {
    await vi.waitFor(
      async () => {
        await this.clock.advance(step)
        holds()
      },
      { timeout: 10_000, interval: 2 },
    )
  }

  /** Waits until the targets have these addresses. */
  async untilAddresses(...addresses: string[]): Promise<void> {
    await this.until(() => deepEqual(this.addresses, addresses.toSorted()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const discovery of this.#running) discovery.stop()
    await this.server[Symbol.asyncDispose]()
  }
}

function recordOf(labels: DiscoveredLabels): Record<string, string> {
  return Object.fromEntries(
    labels.flatMap((text, index) => (index % 2 === 0 ? [[text, labels[index + 1] ?? '']] : [])),
  )
}

function addressOf(labels: Readonly<Record<string, string>>): string {
  return labels['__address__'] ?? ''
}

/** Labels of Kubernetes without their common beginning. */
export function shortened(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels ?? {}).map(([name, value]) => [name.replace('__meta_kubernetes_', ''), value]),
  )
}
