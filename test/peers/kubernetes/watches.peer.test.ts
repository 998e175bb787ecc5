import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { CollectedBody } from '#src/http/client/collected-body.ts'
import { ApiClient } from '#src/kubernetes/api-client.ts'
import { ApiStatistics } from '#src/kubernetes/api-statistics.ts'
import { LeaseElection, leases } from '#src/kubernetes/lease-election.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { serviceAccountAccess } from '#src/kubernetes/service-account.ts'
import { Watches } from '#src/kubernetes/watches.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { nodes, pods, versionOf, Watcher } from '#src/testing/kubernetes-client.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { KubernetesCluster, tokens } from './kubernetes-cluster.ts'

let cluster: KubernetesCluster
const patience = { timeout: 60_000, interval: 100 }

beforeAll(async () => {
  cluster = await KubernetesCluster.start()
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

async function api(token?: string): Promise<ApiClient> {
  const client = await cluster.client(token)
  return new ApiClient({ server: cluster.url, client, clock: systemClock, statistics: new ApiStatistics() })
}

function pod(name: string, labels: Readonly<Record<string, string>> = {}) {
  const containers = [{ name: 'main', image: 'example.org/image:1' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers } }
}

/** What is there, by one plain list, parsed as a whole. */
async function truth(resource: Resource): Promise<string[]> {
  const body = new CollectedBody()
  const client = await cluster.client()
  await client.get({ url: new URL(pathOf(resource), cluster.url), timeoutMs: 30_000 }, body)
  client.close()
  return (JSON.parse(body.text) as { items: KubernetesObject[] }).items.map(versionOf).toSorted()
}

function rbac(name: string): Resource {
  return { group: 'rbac.authorization.k8s.io', version: 'v1', name, namespaced: false }
}

function bindingOf(name: string, subject: object) {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'weir-reader' }
  return { metadata: { name }, roleRef, subjects: [subject] }
}

async function candidate(identity: string): Promise<LeaseElection> {
  const logger = new CapturedLog()
  return new LeaseElection({ api: await api(), namespace: 'default', name: 'weir', identity, logger })
}

test('objects are listed and watched as they come, change and go', async () => {
  await Promise.all(
    [...Array(30).keys()].map(async (index) => await cluster.create(pods, pod(`p${index}`), 'default')),
  )
  using watcher = new Watcher(await api(), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true), patience)
  expect(watcher.objects).toEqual(await truth(pods))

  const made = await cluster.create(pods, pod('extra', { app: 'a' }), 'default')
  await cluster.replace(pods, { ...made, metadata: { ...made.metadata, labels: { app: 'b' } } })
  await cluster.remove(pods, 'p0', 'default')
  const expected = await truth(pods)
  await vi.waitFor(() => expect(watcher.objects).toEqual(expected), patience)
  // Of Debian's etcd the server cannot tell a list as a stream: it was asked, and then asked for pages.
  expect(watcher.restarts).toEqual({ no_streaming_list: 1 })
  expect(watcher.lists).toBe(2)
  expect(watcher.troubles).toEqual([])
})

test('what is in secrets and config maps is not sent where only the rest is wanted', async () => {
  const secrets: Resource = { group: '', version: 'v1', name: 'secrets', namespaced: true }
  const configMaps: Resource = { ...secrets, name: 'configmaps' }
  const data = { key: 'aHVudGVyMg==' }
  await cluster.create(secrets, { metadata: { name: 's' }, type: 'example.com/own', data }, 'default')
  await cluster.create(configMaps, { metadata: { name: 'c' }, data }, 'default')
  const client = await api()
  const told = new Map<string, KubernetesObject>()
  const watches = new Watches(client, new CapturedLog())
  const tell = (object: KubernetesObject): KubernetesObject => {
    told.set(object.metadata.name, object)
    return object
  }
  const subscribed = [
    watches.subscribe({ scope: { resource: secrets, form: 'table' }, projection: tell }),
    watches.subscribe({ scope: { resource: configMaps, form: 'metadata' }, projection: tell }),
  ]
  await vi.waitFor(() => expect(subscribed.map(({ synced }) => synced)).toEqual([true, true]), patience)
  // These two come by the watches.
  await cluster.create(secrets, { metadata: { name: 't' }, type: 'Opaque', data }, 'default')
  await cluster.create(configMaps, { metadata: { name: 'd' }, data }, 'default')
  const names = expect.arrayContaining(['c', 'd', 's', 't']) as unknown
  await vi.waitFor(() => expect([...told.keys()]).toEqual(names), patience)
  expect(told.get('s')?.['columns']).toMatchObject({ Type: 'example.com/own', Data: 1 })
  expect(told.get('t')?.['columns']).toMatchObject({ Type: 'Opaque', Data: 1 })
  expect(JSON.stringify([...told.values()])).not.toContain(data.key)
  for (const each of subscribed) each.close()
  client.close()
})

test('an object that ceases to match a selector goes', async () => {
  const made = await cluster.create(pods, pod('selected', { tier: 'one' }), 'default')
  using watcher = new Watcher(await api(), {
    resource: pods,
    namespace: 'default',
    labelSelector: 'tier=one',
  })
  await vi.waitFor(() => expect(watcher.objects).toEqual([versionOf(made)]), patience)
  await cluster.replace(pods, { ...made, metadata: { ...made.metadata, labels: { tier: 'two' } } })
  await vi.waitFor(() => expect(watcher.objects).toEqual([]), patience)
})

test('after the API server was killed and started again all is as it is there, with one list at most', async () => {
  using watcher = new Watcher(await api(), { resource: pods }, Math.random)
  await vi.waitFor(() => expect(watcher.synced).toBe(true), patience)
  const before = watcher.lists
  const known = watcher.objects
  await cluster.kill('kube-apiserver')
  await vi.waitFor(() => expect(watcher.failingSince).toBeDefined(), patience)
  expect(watcher.objects).toEqual(known)
  expect(watcher.troubles[0]?.message).toContain(`cannot reach the API server ${cluster.url.origin}`)
  await cluster.startApiServer()
  await cluster.create(pods, pod('after-restart'), 'default')
  const expected = await truth(pods)
  await vi.waitFor(() => expect(watcher.objects).toEqual(expected), patience)
  expect(watcher.failingSince).toBeUndefined()
  expect(watcher.lists - before).toBeLessThanOrEqual(1)
})

test('after etcd was killed and started again too', async () => {
  using watcher = new Watcher(await api(), { resource: pods }, Math.random)
  await vi.waitFor(() => expect(watcher.synced).toBe(true), patience)
  await cluster.kill('etcd')
  await cluster.startEtcd()
  await vi.waitFor(async () => await cluster.create(pods, pod('after-etcd'), 'default'), patience)
  const expected = await truth(pods)
  await vi.waitFor(() => expect(watcher.objects).toEqual(expected), patience)
})

test('where the version has expired objects are listed once more', async () => {
  using watcher = new Watcher(await api(), { resource: pods }, Math.random)
  await vi.waitFor(() => expect(watcher.synced).toBe(true), patience)
  const before = watcher.lists
  await cluster.kill('kube-apiserver')
  // While nobody looks, time passes: what was after the version that the watch saw is compacted.
  await cluster.startApiServer()
  for (let index = 0; index < 5; index++) {
    await cluster.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: `n${Date.now()}` } })
  }
  await cluster.compact()
  await cluster.kill('kube-apiserver')
  await cluster.startApiServer()
  await cluster.create(pods, pod('after-compaction'), 'default')
  const expected = await truth(pods)
  await vi.waitFor(() => expect(watcher.objects).toEqual(expected), patience)
  expect(watcher.lists - before).toBeLessThanOrEqual(1)
})

test('what may not be seen is said with the rule that is missing, and others go on', async () => {
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]
  const metadata = { name: 'weir-reader' }
  await cluster.create(rbac('clusterroles'), { metadata, rules })
  await cluster.create(rbac('clusterrolebindings'), bindingOf('weir-user', { kind: 'User', name: 'reader' }))
  using forbidden = new Watcher(await api(tokens.reader), { resource: nodes })
  using allowed = new Watcher(await api(tokens.reader), { resource: pods })
  await vi.waitFor(() => expect(allowed.synced).toBe(true), patience)
  await vi.waitFor(() => expect(forbidden.troubles).toHaveLength(1), patience)
  expect(forbidden.troubles[0]?.message).toBe(
    'nodes is forbidden: User "reader" cannot watch resource "nodes" in API group "" at the cluster scope; ' +
      'add the rule {apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"]} to its Role or ClusterRole',
  )
  expect(forbidden.troubles[0]?.delayMs).toBeGreaterThanOrEqual(60_000)
})

test('a pod goes on with the token and the authority that were put in place of revoked ones', async () => {
  await using folder = await temporaryFolder()
  const accounts: Resource = { group: '', version: 'v1', name: 'serviceaccounts', namespaced: true }
  const tokenOf = async (): Promise<string> => {
    const path = `${pathOf(accounts, 'default')}/weir/token`
    const wish = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    }
    return ((await cluster.send('POST', path, wish)) as { status: { token: string } }).status.token
  }
  await cluster.create(accounts, { metadata: { name: 'weir' } }, 'default')
  const account = { kind: 'ServiceAccount', name: 'weir', namespace: 'default' }
  await cluster.create(rbac('clusterrolebindings'), bindingOf('weir-account', account))
  const mount = async (version: string, token: string, ca: string): Promise<void> => {
    await mkdir(join(folder.path, version))
    await writeFile(join(folder.path, version, 'token'), token)
    await writeFile(join(folder.path, version, 'ca.crt'), ca)
    await symlink(version, join(folder.path, '..data.new'))
    await rename(join(folder.path, '..data.new'), join(folder.path, '..data'))
  }
  const first = await tokenOf()
  const ca = await readFile(cluster.authority, 'utf8')
  const other = await readFile(join(import.meta.dirname, 'other-authority.crt'), 'utf8')
  await mount('..1', first, other)
  for (const file of ['token', 'ca.crt']) await symlink(join('..data', file), join(folder.path, file))

  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: cluster.url.port }
  const surroundings = { clock: systemClock, logger: new CapturedLog(), environment }
  const access = serviceAccountAccess(surroundings, folder.path)
  const client = new ApiClient({ ...access, clock: systemClock, statistics: new ApiStatistics() })
  using watcher = new Watcher(client, { resource: pods })
  await vi.waitFor(() => expect(watcher.troubles.length).toBeGreaterThan(0), patience)
  expect(watcher.troubles[0]?.message).toContain(`trusted are those of ${join(folder.path, 'ca.crt')}`)
  await mount('..2', first, ca)
  await vi.waitFor(() => expect(watcher.synced).toBe(true), patience)

  await cluster.remove(accounts, 'weir', 'default')
  await cluster.create(accounts, { metadata: { name: 'weir' } }, 'default')
  // The server remembers for some seconds that the token was good.
  const old = await cluster.client(first)
  const request = { url: new URL(pathOf(pods), cluster.url), timeoutMs: 5000 }
  await vi.waitFor(
    async () => expect(await old.get(request, new CollectedBody())).toMatchObject({ status: 401 }),
    patience,
  )
  old.close()
  using second = new Watcher(client, { resource: pods, labelSelector: 'a!=b' })
  await vi.waitFor(
    () => expect(second.restarts).toMatchObject({ unauthorized: expect.any(Number) as number }),
    patience,
  )
  await mount('..3', await tokenOf(), ca)
  await vi.waitFor(() => expect(second.synced).toBe(true), patience)
  expect(JSON.stringify([watcher.troubles, watcher.log.lines, second.log.lines])).not.toContain(first)
})

test('one leads, and when it lets go the next', async () => {
  const [a, b] = [await candidate('a'), await candidate('b')]
  a.start()
  await vi.waitFor(() => expect(a.leading).toBe(true), patience)
  b.start()
  await vi.waitFor(async () => {
    const { metadata, ...lease } = await (await api()).read(leases, 'default', 'weir')
    expect(metadata.name).toBe('weir')
    expect(lease['spec']).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    })
  }, patience)
  await a.stop()
  await vi.waitFor(() => expect(b.leading).toBe(true), patience)
  expect(a.leading).toBe(false)
  await b.stop()
})
