import { expect, test } from 'vitest'
import type { Resource } from '#src/kubernetes/resource.ts'
import { SeededRandom } from '#src/testing/random.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import {
  endpoints,
  endpointSlices,
  jobs,
  namespaces,
  nodes,
  pods,
  replicaSets,
  services,
  TestDiscovery,
} from './test-discovery.ts'

const names = ['a', 'b', 'c', 'd'] as const

/** Objects of a small world, in which everything refers to everything, whether it is there or not. */
class RandomWorld {
  readonly #random: SeededRandom
  readonly #server: TestDiscovery['server']

  constructor(seed: number, server: TestDiscovery['server']) {
    this.#random = new SeededRandom(seed)
    this.#server = server
  }

  /** Makes, changes or removes an object. */
  step(): void {
    const [name, place] = [this.#name(), this.#name()]
    const { resource, wish } = this.#random.pick<{ resource: Resource; wish: object }>([
      { resource: pods, wish: this.#pod() },
      { resource: pods, wish: this.#pod() },
      { resource: endpoints, wish: { subsets: [this.#subset(place)] } },
      { resource: endpointSlices, wish: { addressType: 'IPv4', ...this.#subset(place) } },
      { resource: services, wish: {} },
      { resource: nodes, wish: {} },
      { resource: namespaces, wish: {} },
      { resource: replicaSets, wish: {} },
      { resource: jobs, wish: {} },
    ])
    const namespace = resource === nodes || resource === namespaces ? undefined : place
    if (this.#random.chance(0.3) && this.#server.find(resource, name, namespace) !== undefined)
      this.#server.remove(resource, name, namespace)
    else this.#server.put(resource, { ...wish, metadata: this.#metadata(name, namespace) })
  }

  #name(): string {
    return this.#random.pick(names)
  }

  #metadata(name: string, namespace: string | undefined) {
    const kind = this.#random.pick(['ReplicaSet', 'Job', 'Deployment', 'CronJob'])
    return {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { colour: this.#name(), 'kubernetes.io/service-name': this.#name() },
      ownerReferences: [{ kind, name: this.#name(), controller: true }],
    }
  }

  #ports() {
    return [{ port: 1 + this.#random.below(3) }, { port: 9 }]
  }

  /** What both kinds of endpoints have. */
  #subset(namespace: string) {
    const addresses = Array.from({ length: this.#random.below(4) }, () => ({
      ip: '10.0.0.1',
      addresses: ['10.0.0.1'],
      nodeName: this.#name(),
      targetRef: { kind: this.#random.pick(['Pod', 'Node']), name: this.#name(), namespace },
    }))
    return { ports: this.#ports(), addresses, endpoints: addresses }
  }

  #pod() {
    return {
      spec: {
        nodeName: this.#name(),
        containers: [{ name: 'c', ports: this.#ports().map(({ port }) => ({ containerPort: port })) }],
      },
      status: { podIP: this.#random.chance(0.8) ? '10.0.0.1' : '', phase: this.#name() },
    }
  }
}

/** Equal for the same targets in any order. */
function textOf(targets: readonly DiscoveredLabels[] | undefined): string {
  return (targets ?? [])
    .map((labels) => JSON.stringify(labels))
    .toSorted()
    .join('\n')
}

test.each(['pod', 'endpoints', 'endpointslice'])(
  'after whatever happened to the objects, the targets of the role %s are those that one finds who comes then',
  async (role) => {
    await using here = await TestDiscovery.start()
    const world = new RandomWorld(role.length, here.server)
    const options = `role: ${role}\nattach_metadata: { node: true, namespace: true, deployment: true, job: true, cronjob: true }\n`
    here.discover(options)
    for (let round = 0; round < 10; round++) {
      for (let step = 0; step < 20; step++) world.step()
      if (round % 4 === 3) here.server.endWatches('abruptly')
      let fresh: readonly DiscoveredLabels[] | undefined
      // Other options make another one of it, with watches of its own.
      const one = here.discover(
        `${options}namespaces: { names: [${names.join()}] }`,
        (targets) => (fresh = targets),
      )
      await here.until(() => {
        expect(fresh).toBeDefined()
        expect(textOf(here.told.at(-1))).toBe(textOf(fresh))
      })
      one.stop()
    }
    expect(here.targets.length).toBeGreaterThan(0)
  },
)
