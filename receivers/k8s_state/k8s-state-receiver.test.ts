import { expect, test, vi } from 'vitest'
import { clusterStatistics } from '#src/kubernetes/api-statistics.ts'
import { leases } from '#src/kubernetes/lease-election.ts'
import { isInShard } from '#src/kubernetes/shard.ts'
import { statefulSets } from '#src/kubernetes/stateful-set-shard.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Sample } from '#src/testing/captured-batches.ts'
import { testContext } from '#src/testing/context.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { optionsOf } from '#src/testing/options.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { Config } from './config.ts'
import { K8sStateReceiver } from './k8s-state-receiver.ts'
import { deployments as stateOfDeployments } from './resources/deployments.ts'

const { resource: deployments } = stateOfDeployments
const intervalMs = 30_000
/** Of a busy machine, which loads the reader of kubeconfigs at first. */
const patience = { timeout: 20_000 }

/** A server of the API, and receivers that watch it. */
async function setting() {
  const server = await KubernetesApi.start()
  const folder = await temporaryFolder()
  const kubeconfig = await writeKubeconfig(folder.path, server.url)
  const running: K8sStateReceiver[] = []
  /** @param id tells the receiver from others */
  const start = (options: object = {}, id = 'k8s_state') => {
    const written = {
      auth_type: 'kubeConfig',
      kubeconfig,
      // Each has connections of its own by it.
      context: 'here',
      naming: 'prometheus',
      resources: ['deployments'],
      metric_allowlist: ['kube_deployment_(status_replicas|labels)'],
      ...options,
    }
    const context = testContext(id)
    const receiver = new K8sStateReceiver(optionsOf(Config, written), context)
    running.push(receiver)
    receiver.start()
    return { context, receiver, told: () => context.next.take().map(textOf) }
  }
  return {
    server,
    start,
    put: (name: string, replicas: number, namespace = 'shop') =>
      server.put(deployments, { metadata: { name, namespace }, status: { replicas } }),
    async [Symbol.asyncDispose]() {
      for (const receiver of running) await receiver.stop()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function textOf({ attributes, value }: Sample): string {
  return `${JSON.stringify(attributes['namespace']).replaceAll('"', '')}/${JSON.stringify(attributes['deployment']).replaceAll('"', '')} ${value}`
}

/** How many of them receivers know. */
function watchedDeployments(): number | undefined {
  const watches = [...clusterStatistics].flatMap((each) => [...each.watches])
  return watches.find(({ resource }) => resource === 'deployments.apps')?.objects
}

type Started = ReturnType<Awaited<ReturnType<typeof setting>>['start']>

/** Waits for something to be told, with the fake clock moving so far each time. */
async function awaitTold({ context, told }: Started, stepMs = 0): Promise<string[]> {
  await context.clock.advance(0)
  await vi.waitFor(async () => {
    await context.clock.advance(stepMs)
    expect(context.next.batches).not.toEqual([])
  }, patience)
  return told()
}

test('all that is there is told once it is known, and then at each interval', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  setup.put('shop', 1)
  const started = setup.start()
  expect(await awaitTold(started)).toEqual(['shop/web 3', 'shop/shop 1'])
  await started.context.clock.advance(intervalMs)
  expect(started.told()).toEqual(['shop/web 3', 'shop/shop 1'])
})

test('what changes is told with the next interval, and what is gone gets a marker', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  setup.put('shop', 1)
  const started = setup.start()
  await awaitTold(started)
  await vi.waitFor(() => expect(setup.server.watches).toBe(1), patience)
  setup.put('web', 4)
  setup.server.remove(deployments, 'shop', 'shop')
  await vi.waitFor(async () => {
    await started.context.clock.advance(intervalMs)
    const told = started.told()
    expect(told).toEqual(['shop/shop stale', 'shop/web 4'])
  }, patience)
})

test('changes leave at once where that is wanted', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  setup.put('shop', 1)
  const started = setup.start({ changes_at_once: true })
  await awaitTold(started)
  await vi.waitFor(() => expect(setup.server.watches).toBe(1), patience)
  setup.put('web', 4)
  expect(await awaitTold(started, 100)).toEqual(['shop/web 4'])
})

test('namespaces are watched one by one, and those that are not wanted are left out', async () => {
  await using setup = await setting()
  for (const namespace of ['a', 'b', 'c']) setup.put('web', 1, namespace)
  const some = setup.start({ namespaces: ['a', 'b'] })
  const told: string[] = []
  await vi.waitFor(async () => {
    await some.context.clock.advance(0)
    told.push(...some.told())
    expect(told).toEqual(['a/web 1', 'b/web 1'])
  }, patience)
  expect(setup.server.requests.map(({ path }) => path)).toContain('/apis/apps/v1/namespaces/a/deployments')
  const others = setup.start({ exclude_namespaces: ['b'] })
  expect(await awaitTold(others)).toEqual(['a/web 1', 'c/web 1'])
})

test('the last state is told while the server is away, until it is too old', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  const started = setup.start({ stale_after: '2m' })
  await awaitTold(started)
  setup.server.intercept = (_request, response) => {
    response.destroy()
    return true
  }
  setup.server.endWatches('abruptly')
  const { context } = started
  await vi.waitFor(async () => {
    await context.clock.advance(1000)
    expect(context.reports.at(-1)?.state).toBe('recoverable_error')
  }, patience)
  started.told()
  await context.clock.advance(intervalMs)
  expect(started.told()).toEqual(['shop/web 3'])
  await context.clock.advance(120_000)
  expect(started.told().at(-1)).toBe('shop/web stale')
  await context.clock.advance(120_000)
  expect(started.told()).toEqual([])
  setup.server.intercept = () => false
  expect(await awaitTold(started, 1000)).toContain('shop/web 3')
  expect(context.reports.at(-1)?.state).toBe('ok')
})

test('a server that is not there yet is waited for', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  setup.server.intercept = (_request, response) => {
    response.destroy()
    return true
  }
  const started = setup.start()
  const { context } = started
  await vi.waitFor(async () => {
    await context.clock.advance(1000)
    expect(context.reports.at(-1)?.state).toBe('recoverable_error')
  }, patience)
  expect(started.told()).toEqual([])
  setup.server.intercept = () => false
  expect(await awaitTold(started, 1000)).toEqual(['shop/web 3'])
})

test('one of several that elect a leader tells, and another goes on at once when it is gone', async () => {
  await using setup = await setting()
  setup.put('web', 3)
  const options = { leader_election: { lease_name: 'state' } }
  const first = setup.start(options)
  const second = setup.start({ ...options, context: undefined })
  let told: string[] = []
  await vi.waitFor(async () => {
    await first.context.clock.advance(2000)
    await second.context.clock.advance(2000)
    told = [...first.told(), ...second.told()]
    expect(told.length).toBeGreaterThan(0)
  }, patience)
  expect(new Set(told)).toEqual(new Set(['shop/web 3']))
  const lines = [first, second].map(({ context }) => context.logger.lines.map(({ message }) => message))
  const leader = lines[0]?.includes('leads from now on') === true ? first : second
  const other = leader === first ? second : first
  expect(lines.flat().filter((line) => line === 'leads from now on')).toHaveLength(1)
  await leader.receiver.stop()
  const stopped = other.context.clock.monotonic()
  expect(await awaitTold(other, 100)).toContain('shop/web 3')
  // A lease that was let go is found at the next attempt; one whose holder was killed 15 s later.
  expect(other.context.clock.monotonic() - stopped).toBeLessThanOrEqual(17_000)
})

test('who does not lead takes no more room by the objects that come and go meanwhile', async () => {
  await using setup = await setting()
  const holder = { holderIdentity: 'another', leaseDurationSeconds: 15 }
  setup.server.put(leases, { metadata: { name: 'state', namespace: 'weir' }, spec: holder })
  const started = setup.start({ leader_election: { lease_name: 'state' }, interval: '1s' })
  const { context } = started
  await context.clock.advance(0)
  for (let count = 0; count < 10; count++) {
    setup.put(`web-${count}`, 1)
    await vi.waitFor(() => expect(watchedDeployments()).toBe(1), patience)
    await context.clock.advance(1000)
    setup.server.remove(deployments, `web-${count}`, 'shop')
    await vi.waitFor(() => expect(watchedDeployments()).toBe(0), patience)
  }
  expect(started.told()).toEqual([])
  setup.put('last', 1)
  // The lease is not renewed.
  await vi.waitFor(async () => {
    await context.clock.advance(2000)
    expect(context.next.samples.map(textOf)).toContain('shop/last 1')
  }, patience)
  expect(context.next.batches.at(-1)?.layout.series.length).toBeLessThan(5)
})

test('a pod of no StatefulSet is told so with each cycle, since it has no share', async () => {
  await using setup = await setting()
  vi.stubEnv('POD_NAME', 'weir-abcde')
  const { context } = setup.start({ sharding: {}, leader_election: {} })
  await vi.waitFor(async () => {
    await context.clock.advance(intervalMs)
    expect(context.reports.length).toBeGreaterThan(1)
  }, patience)
  expect(String(context.reports.at(-1)?.error)).toContain('the pod weir-abcde is of no StatefulSet')
  // Nobody leads who has nothing to tell.
  expect(setup.server.requests).toEqual([])
  vi.unstubAllEnvs()
})

test('shards divide the objects as kube-state-metrics does', async () => {
  await using setup = await setting()
  const objects = Array.from({ length: 30 }, (_, index) => setup.put(`web-${index}`, 1))
  const all: string[] = []
  for (const shard of [0, 1, 2]) {
    const told = await awaitTold(setup.start({ sharding: { shard, total_shards: 3 } }))
    const own = objects.filter(({ metadata }) => isInShard(metadata.uid, { ordinal: shard, total: 3 }))
    expect(told.toSorted()).toEqual(own.map(({ metadata }) => `shop/${metadata.name} 1`).toSorted())
    all.push(...told)
  }
  expect(new Set(all).size).toBe(30)
})

test('a pod of a StatefulSet finds its shard, and another when the set is scaled', async () => {
  await using setup = await setting()
  vi.stubEnv('POD_NAME', 'weir-1')
  vi.stubEnv('POD_NAMESPACE', 'weir')
  const scale = (replicas: number) =>
    setup.server.put(statefulSets, { metadata: { name: 'weir', namespace: 'weir' }, spec: { replicas } })
  scale(2)
  const objects = Array.from({ length: 30 }, (_, index) => setup.put(`web-${index}`, 1))
  const started = setup.start({ sharding: {} })
  const shareOf = (total: number) =>
    objects
      .filter(({ metadata }) => isInShard(metadata.uid, { ordinal: 1, total }))
      .map(({ metadata }) => `shop/${metadata.name} 1`)
  expect(await awaitTold(started)).toEqual(shareOf(2))
  await vi.waitFor(() => expect(setup.server.watches).toBe(2), patience)
  scale(5)
  expect(await awaitTold(started)).toEqual(shareOf(5))
  // What others have from now on is not shown here any more.
  expect(started.context.next.forgotten.map(({ part }) => part)).toEqual(['deployments'])
  vi.unstubAllEnvs()
})

test('nothing is held any more after a stop', async () => {
  await using setup = await setting()
  const before = internedSets()
  for (let index = 0; index < 20; index++) setup.put(`web-${index}`, index)
  const started = setup.start({ bare_labels: true })
  await awaitTold(started)
  expect(internedSets()).toBeGreaterThan(before)
  await started.receiver.stop()
  await vi.waitFor(() => expect(setup.server.open).toBe(0), patience)
  expect(internedSets()).toEqual(before)
})
