import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/temporary-folder.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import { nodes, pods, services, TestDiscovery } from './test-discovery.ts'

function pod(name: string, namespace: string, ip: string, more: object = {}) {
  const spec = { nodeName: 'n1', containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] }
  return { metadata: { name, namespace, ...more }, spec, status: { podIP: ip } }
}

/** Paths that were watched or listed, each once, sorted. */
function asked(here: TestDiscovery): string[] {
  return [...new Set(here.server.requests.map(({ path }) => path))].toSorted()
}

test('targets come, change and go with their objects, and one that stays the same is the same list', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.server.put(pods, pod('b', 'x', '10.0.0.2'))
  here.discover('role: pod')
  await here.untilAddresses('10.0.0.1:80', '10.0.0.2:80')
  const [first] = here.told.at(-1) ?? []
  here.server.put(pods, pod('b', 'x', '10.0.0.3'))
  here.server.put(pods, pod('c', 'x', '10.0.0.4'))
  await here.untilAddresses('10.0.0.1:80', '10.0.0.3:80', '10.0.0.4:80')
  expect(here.told.at(-1)?.[0]).toBe(first)
  here.server.remove(pods, 'b', 'x')
  await here.untilAddresses('10.0.0.1:80', '10.0.0.4:80')
})

test('what changes nothing of the targets is not told', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.discover('role: pod')
  await here.untilAddresses('10.0.0.1:80')
  here.server.put(pods, { ...pod('a', 'x', '10.0.0.1'), other: 1 })
  here.server.put(pods, pod('pending', 'x', ''))
  here.server.put(pods, pod('b', 'x', '10.0.0.2'))
  await here.untilAddresses('10.0.0.1:80', '10.0.0.2:80')
  expect(here.told).toHaveLength(2)
})

test('an object that was made anew under its name while nobody looked has the targets of the new one', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.discover('role: pod')
  await here.untilAddresses('10.0.0.1:80')
  here.server.silenceWatches()
  here.server.remove(pods, 'a', 'x')
  here.server.put(pods, pod('a', 'x', '10.0.0.2'))
  here.server.compact()
  here.server.dropConnections()
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.2:80']))
})

test('nothing is told before all is known that targets are made of', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.server.put(nodes, { metadata: { name: 'n1', labels: { zone: 'z' } } })
  here.server.forbidden.add('nodes')
  here.discover('role: pod\nattach_metadata: { node: true }')
  await here.until(() => expect(here.log.lines).toHaveLength(1))
  expect(here.told).toEqual([])
  expect(here.log.lines[0]?.fields['error']).toContain(
    'add the rule {apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"]} to its Role or ClusterRole',
  )
  here.server.forbidden.clear()
  const expected = [{ __meta_kubernetes_node_label_zone: 'z' }]
  await here.until(() => expect(here.targets).toMatchObject(expected), 5000)
})

test('namespaces are watched each by itself: one that may not be seen does not hold up the others', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.server.put(pods, pod('b', 'y', '10.0.0.2'))
  here.server.put(pods, pod('c', 'z', '10.0.0.3'))
  const { intercept } = here.server
  here.server.intercept = (request, response, body) => {
    if (!request.path.includes('/namespaces/y/')) return intercept(request, response, body)
    response.writeHead(403).end()
    return true
  }
  here.discover('role: pod\nnamespaces: { names: [x, y, x, z] }')
  await here.untilAddresses('10.0.0.1:80', '10.0.0.3:80')
  expect(asked(here)).toEqual(['x', 'y', 'z'].map((name) => `/api/v1/namespaces/${name}/pods`))
  here.server.intercept = intercept
  await here.until(() => expect(here.addresses).toHaveLength(3), 5000)
})

test('selectors go to the server, each with the objects that it is about', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1', { labels: { app: 'web' } }))
  here.server.put(pods, pod('b', 'x', '10.0.0.2'))
  here.discover(
    'role: endpoints\nselectors: [{ role: pod, label: app=web, field: spec.nodeName=n1 }, { role: service, label: tier }]',
  )
  await here.until(() => expect(here.told).toEqual([[]]))
  const queries = here.server.requests.map(({ path, query }) =>
    [path, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''].join(' '),
  )
  expect(new Set(queries)).toEqual(
    new Set(['/api/v1/endpoints  ', '/api/v1/pods app=web spec.nodeName=n1', '/api/v1/services tier ']),
  )
})

test('while the API server is away the targets stay, and what changed meanwhile is told after', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  here.discover('role: pod')
  await here.untilAddresses('10.0.0.1:80')
  const { intercept } = here.server
  here.server.intercept = (_, response) => {
    response.destroy()
    return true
  }
  here.server.endWatches('abruptly')
  await here.until(() => expect(here.log.lines.map(({ level }) => level)).toContain('warn'))
  here.server.put(pods, pod('b', 'x', '10.0.0.2'))
  expect(here.addresses).toEqual(['10.0.0.1:80'])
  here.server.intercept = intercept
  await here.untilAddresses('10.0.0.1:80', '10.0.0.2:80')
  expect(here.told).toHaveLength(2)
})

test('jobs with the same options share watches and targets; another role shares the watches alone', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(services, { metadata: { name: 's', namespace: 'x' }, spec: { ports: [{ port: 1 }] } })
  const others: (readonly DiscoveredLabels[])[] = []
  const first = here.discover('role: service')
  await here.untilAddresses('s.x.svc:1')
  const second = here.discover('role: service', (targets) => void others.push(targets))
  expect(others).toEqual([here.told.at(-1)])
  expect(others[0]).toBe(here.told.at(-1))
  here.discover('role: endpoints', () => undefined)
  await here.until(() => expect(here.server.watches).toBe(3))
  expect(asked(here)).toEqual(['/api/v1/endpoints', '/api/v1/pods', '/api/v1/services'])

  first.stop()
  here.server.put(services, { metadata: { name: 't', namespace: 'x' }, spec: { ports: [{ port: 1 }] } })
  await here.until(() => expect(others).toHaveLength(2))
  expect(here.told).toHaveLength(1)
  second.stop()
  second.stop()
  here.server.put(services, { metadata: { name: 'u', namespace: 'x' }, spec: { ports: [{ port: 1 }] } })
  await here.until(() => expect(here.server.watches).toBe(3))
  expect(others).toHaveLength(2)
})

test('after a stop nothing is told, nothing waits, and all watches are closed', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  const discovery = here.discover('role: pod')
  await here.untilAddresses('10.0.0.1:80')
  here.server.put(pods, pod('b', 'x', '10.0.0.2'))
  discovery.stop()
  await here.until(() => expect([here.server.open, here.clock.waiting]).toEqual([0, 0]))
  expect(here.told).toHaveLength(1)
  // One that is stopped while it finds its way to the cluster.
  here.discover('role: node').stop()
  await here.until(() => expect([here.server.open, here.clock.waiting]).toEqual([0, 0]))
  expect(asked(here)).toEqual(['/api/v1/pods'])
})

test('who is not let in says so, and not by what', async () => {
  await using here = await TestDiscovery.start()
  here.server.users = new Map([['Bearer canary', 'all']])
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  const place = `api_server: http://user:canary@${here.server.url.host}\n`
  here.discover('role: pod\nauthorization: { credentials: canary-old }', () => undefined, place)
  await here.until(() => expect(here.log.lines).not.toEqual([]))
  expect(here.log.lines[0]?.fields['error']).toContain('does not accept the credentials')
  expect(JSON.stringify(here.log.lines)).not.toContain('canary')
  here.discover('role: pod\nauthorization: { credentials: canary }')
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1:80']))
})

test('a cluster that cannot be found is said once, and looked for until it is', async () => {
  await using folder = await temporaryFolder()
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('a', 'x', '10.0.0.1'))
  const file = join(folder.path, 'kubeconfig')
  here.discover(`role: pod\nkubeconfig_file: ${JSON.stringify(file)}`, undefined, '')
  await here.until(() => expect(here.log.lines).toHaveLength(1))
  await here.clock.advance(60_000)
  expect(here.log.lines).toMatchObject([
    {
      level: 'error',
      message: 'a cluster of Kubernetes cannot be found: its targets are not known',
      fields: { error: expect.stringContaining('ENOENT') as string },
    },
  ])
  // JSON is YAML.
  const config = {
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: here.server.url.href } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  }
  await writeFile(file, JSON.stringify(config))
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1:80']), 5000)
  expect(here.log.lines.map(({ message }) => message).slice(1)).toEqual(['a cluster of Kubernetes was found'])
})

test('outside of a pod it is said what is missing, and a stop ends the search', async () => {
  await using here = await TestDiscovery.start()
  const discovery = here.discover('role: pod\nnamespaces: { own_namespace: true }', undefined, '')
  await here.until(() => expect(here.log.lines).toHaveLength(1))
  expect(here.log.lines[0]?.fields['error']).toContain('this is no pod')
  discovery.stop()
  expect(here.clock.waiting).toBe(0)
})
