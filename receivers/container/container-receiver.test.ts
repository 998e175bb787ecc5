import { afterEach, beforeEach, expect, test } from 'vitest'
import { identityOf, type ContainerIdentity, type PodIdentity } from '#src/containers/container-identity.ts'
import type { ContainerNames } from '#src/containers/container-names.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { firstHost, hybridHost, unifiedHost } from '#src/testing/fake-cgroups.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import type { ContainerConfig } from './config.ts'
import { ContainerReceiver } from './container-receiver.ts'
import definition from './index.ts'

const interval = 15_000

const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const slice = uid.replaceAll('-', '_')
const ids = { app: 'a'.repeat(64), sandbox: 'b'.repeat(64), plain: 'c'.repeat(64) }

const pod = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${slice}.slice`
const paths = {
  pod,
  app: `${pod}/cri-containerd-${ids.app}.scope`,
  sandbox: `${pod}/cri-containerd-${ids.sandbox}.scope`,
  plain: `/system.slice/docker-${ids.plain}.scope`,
}

/** Names that a test gives, known from the first cycle on. */
class GivenNames implements ContainerNames {
  readonly containers = new Map<string, ContainerIdentity>()
  readonly pods = new Map<string, PodIdentity>()
  readonly problems = new Map<string, Error>()
  start(): void {
    // There is nobody to ask.
  }
  async refresh(): Promise<void> {
    await Promise.resolve()
  }
  find(containerId: string): ContainerIdentity | undefined {
    return this.containers.get(containerId)
  }
  findPod(podUid: string): PodIdentity | undefined {
    return this.pods.get(podUid)
  }
  all(): Iterable<ContainerIdentity> {
    return this.containers.values()
  }
  async stop(): Promise<void> {
    await Promise.resolve()
  }
}

let host: FakeHost
let names: GivenNames
let context: TestContext
let receiver: ContainerReceiver | undefined

beforeEach(() => {
  context = testContext('container')
  names = new GivenNames()
  const ofPod = { pod: 'web-1', namespace: 'shop', podUid: uid, runtime: 'containerd' }
  for (const known of [
    { id: ids.app, ...ofPod, container: 'nginx', image: 'docker.io/library/nginx:1.29', name: ids.app },
    { id: ids.sandbox, ...ofPod, image: 'registry.k8s.io/pause:3.10', name: ids.sandbox, isSandbox: true },
    { id: ids.plain, image: 'redis:8', name: 'cache', runtime: 'docker' },
  ])
    names.containers.set(known.id, identityOf(known))
  names.pods.set(uid, {
    ...ofPod,
    sandboxId: ids.sandbox,
    sandboxPid: undefined,
    hostNetwork: undefined,
    labels: new Map(),
  })
})

afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  await host.close()
})

/** Starts a receiver on the fake host, and runs its first cycle. */
async function start(options: Partial<ContainerConfig> = {}): Promise<void> {
  const config: ContainerConfig = {
    interval,
    initial_delay: 0,
    root_path: host.root,
    cgroup_path: '/sys/fs/cgroup',
    naming: 'prometheus',
    node_name: 'node-7',
    collectors: ['all'],
    levels: ['node', 'pod', 'container'],
    workers: 100,
    use_cache: true,
    metrics: {},
    ...options,
  }
  definition.validate?.(config)
  receiver = new ContainerReceiver(config, context, names)
  receiver.start()
  await cycle(0)
}

/** Lets time pass, and waits for the cycle that comes. */
async function cycle(pass = interval): Promise<void> {
  const before = context.collections.of('cycle').collections
  await context.clock.advance(pass)
  await expect.poll(() => context.collections.of('cycle').collections).toBe(before + 1)
}

const hosts = { unified: unifiedHost, first: firstHost, hybrid: hybridHost }

test.each(
  Object.entries(hosts).flatMap(([name, make]) => vocabularies.map((naming) => ({ name, make, naming }))),
)('$naming of a host with $name cgroups is as in the golden file', async ({ name, make, naming }) => {
  host = await FakeHost.create(make(Object.values(paths)))
  await start({ naming, metrics: { vm_container_collector_scrape_duration_seconds: { enabled: false } } })
  context.next.take()
  await cycle()
  await expect(renderBatches(context.next.batches)).toMatchFileSnapshot(`golden/${name}-${naming}.txt`)
  expect(context.logger.lines).toEqual([])
})
