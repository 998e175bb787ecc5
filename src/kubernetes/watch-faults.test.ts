import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { answerStatus, KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { apiClient, nodes, pods, versionOf, Watcher } from '#src/testing/kubernetes-client.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { ScriptedServer } from '#src/testing/scripted-server.ts'

function pod(name: string, more: object = {}) {
  return { metadata: { name, namespace: 'a' }, ...more }
}

/** Moves a clock on, second by second, with real time for sockets between, until something holds. */
async function passUntil(clock: FakeClock, holds: () => boolean, seconds = 200): Promise<number> {
  for (let passed = 0; passed < seconds; passed++) {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    await vi.waitFor(() => undefined)
    if (holds()) return passed
    await clock.advance(1000)
  }
  throw new Error(`it did not hold within ${seconds} s`)
}

test('an API server that is not there is told with its address and when it is tried again (fault 1)', async () => {
  const port = await (async () => {
    await using server = await KubernetesApi.start()
    return server.url.port
  })()
  using watcher = new Watcher(apiClient(new URL(`http://127.0.0.1:${port}`)), { resource: pods })
  await vi.waitFor(() => expect(watcher.troubles.length).toBeGreaterThan(1))
  expect(watcher.synced).toBe(false)
  expect(watcher.failingSince).toBeDefined()
  expect(watcher.log.lines[0]).toMatchObject({
    level: 'warn',
    message: 'pods cannot be watched for now',
    fields: {
      error: `cannot reach the API server http://127.0.0.1:${port}: 127.0.0.1:${port} refused the connection: nothing listens there`,
      retryInSeconds: 0.1,
    },
  })
})

test('while the server is away what is known stays, and it is taken up where it was (fault 2)', async () => {
  await using server = await KubernetesApi.start()
  const first = server.put(pods, pod('x'))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  let refusing = true
  server.intercept = (_, response) => {
    if (refusing) response.destroy()
    return refusing
  }
  server.dropConnections()
  await vi.waitFor(() => expect(watcher.troubles.length).toBeGreaterThan(0), 10_000)
  expect(watcher.objects).toEqual([versionOf(first)])
  refusing = false
  const second = server.put(pods, pod('y'))
  await vi.waitFor(() => expect(watcher.objects).toHaveLength(2), 10_000)
  expect(watcher.objects).toEqual([versionOf(first), versionOf(second)].toSorted())
  expect(watcher.failingSince).toBeUndefined()
  expect(watcher.recoveries).toBe(1)
  expect(watcher.lists).toBe(1)
})

test('a watch that falls silent is given up and goes on from its last bookmark (fault 6)', async () => {
  await using server = await KubernetesApi.start()
  server.put(pods, pod('x'))
  const clock = new FakeClock()
  using watcher = new Watcher(apiClient(server.url, { clock }), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  server.bookmark()
  await vi.waitFor(() => expect([...watcher.api.statistics.watches][0]?.events.get('bookmark')).toBe(2))
  server.silenceWatches()
  const missed = server.put(pods, pod('y'))
  server.compact()
  const silent = await passUntil(clock, () => server.watches === 1)
  expect(silent).toBeGreaterThan(80)
  expect(silent).toBeLessThan(100)
  await vi.waitFor(() => expect(watcher.restarts).toEqual({ timeout: 1, expired: 1 }))
  expect(watcher.troubles[0]?.message).toContain('was silent for 90 s')
  await vi.waitFor(() => expect(watcher.objects).toContain(versionOf(missed)))
})

test('a server that takes a connection and says nothing is given up after 30 s (fault 5)', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const clock = new FakeClock()
  using watcher = new Watcher(apiClient(server.url(), { clock }), { resource: pods })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  const passed = await passUntil(clock, () => watcher.troubles.length > 0)
  expect(passed).toBeGreaterThanOrEqual(30)
  expect(passed).toBeLessThan(34)
  expect(watcher.troubles[0]).toMatchObject({ reason: 'timeout' })
})

test('a server that asks for time gets it, and a little more (fault 7)', async () => {
  await using server = await KubernetesApi.start()
  server.put(pods, pod('x'))
  const clock = new FakeClock()
  let refusals = 1
  server.intercept = (_, response) => {
    if (refusals-- <= 0) return false
    answerStatus(response, 429, 'TooManyRequests', 'too many requests', { headers: { 'Retry-After': '7' } })
    return true
  }
  using watcher = new Watcher(apiClient(server.url, { clock }), { resource: pods }, () => 0.5)
  await vi.waitFor(() => expect(watcher.troubles).toHaveLength(1))
  expect(watcher.troubles[0]).toMatchObject({ reason: 'throttled', delayMs: 7500 })
  await clock.advance(7400)
  expect(server.requests).toHaveLength(1)
  await clock.advance(200)
  await vi.waitFor(() => expect(watcher.synced).toBe(true))
  const totals = [...watcher.api.statistics.requests].map(({ verb, code, count }) => [verb, code, count])
  expect(totals).toContainEqual(['watch', '429', 1])
})

test('one resource that may not be seen costs no other, and is asked for once a minute at most (fault 8)', async () => {
  await using server = await KubernetesApi.start()
  server.forbidden.add('nodes')
  server.put(pods, pod('x'))
  const clock = new FakeClock()
  const api = apiClient(server.url, { clock })
  using forbidden = new Watcher(api, { resource: nodes })
  using allowed = new Watcher(api, { resource: pods })
  await vi.waitFor(() => expect(allowed.synced).toBe(true))
  await vi.waitFor(() => expect(forbidden.troubles).toHaveLength(1))
  expect(forbidden.troubles[0]?.message).toContain(
    'User "reader" cannot watch resource "nodes" in API group "" at the cluster scope; add the rule {apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"]}',
  )
  const asked = (): number => server.requests.filter(({ path }) => path === '/api/v1/nodes').length
  await clock.advance(59_000)
  expect(asked()).toBe(1)
  server.forbidden.clear()
  await clock.advance(10_000)
  await vi.waitFor(() => expect(forbidden.synced).toBe(true))
  expect(forbidden.recoveries).toBe(1)
})

test('credentials that were replaced are read as soon as the old ones are refused (fault 9)', async () => {
  await using server = await KubernetesApi.start()
  server.put(pods, pod('x'))
  server.users = new Map([['Bearer new', 'all']])
  let token = 'old'
  const credentials = {
    authorization: () => `Bearer ${token}`,
    renew: () => (token = 'new'),
  }
  using watcher = new Watcher(apiClient(server.url, { credentials }), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true))
  expect(watcher.troubles).toEqual([])
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new'])
})

test('credentials that stay refused are told as such, without them', async () => {
  await using server = await KubernetesApi.start()
  server.users = new Map([['Bearer other', 'all']])
  const credentials = { authorization: () => 'Bearer secret-token', renew: () => undefined }
  using watcher = new Watcher(apiClient(server.url, { credentials }), { resource: pods })
  await vi.waitFor(() => expect(watcher.troubles.length).toBeGreaterThan(0))
  expect(watcher.troubles[0]?.message).toContain('does not accept the credentials: Unauthorized')
  expect(JSON.stringify([watcher.troubles, watcher.log.lines])).not.toContain('secret-token')
})

test('events that come twice, late, or of what is not known, change nothing (fault 11)', async () => {
  await using server = await KubernetesApi.start()
  const first = server.put(pods, pod('x'))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  const second = server.put(pods, pod('x'))
  const other = { ...first, metadata: { ...first.metadata, uid: 'never-seen', resourceVersion: '900' } }
  const frames = [
    { type: 'ADDED', object: second },
    { type: 'MODIFIED', object: first },
    { type: 'DELETED', object: other },
  ]
  server.writeToWatches(frames.map((frame) => JSON.stringify(frame)).join(''))
  const [totals] = watcher.api.statistics.watches
  await vi.waitFor(() => expect(totals?.newestEvent).toBeDefined())
  await vi.waitFor(() => expect(totals?.events.get('ignored')).toBe(1))
  expect(watcher.objects).toEqual([versionOf(second)])
  expect(watcher.events).toEqual([`+ ${versionOf(first)}`, 'synced', `~ ${versionOf(second)}`])
})

test('whatever happens to objects and connections, in the end it knows what the server has (fault 11)', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.integer({ max: 6, min: 0 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.integer({ max: 6, min: 0 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('bookmark', 'end', 'drop', 'compact') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pause') }) },
  )
  const streams = fc.constantFrom('told' as const, 'without_progress' as const)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), streams, async (steps, streamingLists) => {
      await using server = await KubernetesApi.start()
      server.streamingLists = streamingLists
      server.pieceBytes = 11
      // Waits of no length: what is tried is the order of things.
      const clock = {
        ...systemClock,
        after: (ms: number, work: () => void) => systemClock.after(ms > 20_000 ? ms : 0, work),
      }
      using watcher = new Watcher(apiClient(server.url, { clock }), { resource: pods })
      for (const each of steps) await play(server, each)
      server.put(pods, pod('last'))
      const expected = server.all(pods).map(versionOf).toSorted()
      await vi.waitFor(() => expect(watcher.objects).toEqual(expected), { timeout: 10_000, interval: 5 })
      expect(replayed(watcher.events)).toEqual(expected)
    }),
    { numRuns: 1000 },
  )
}, 180_000)

/** What one knows who heard the events. */
function replayed(events: readonly string[]): string[] {
  const known = new Map<string, string>()
  for (const event of events) {
    const [what = '', name = '', version = ''] = event.split(' ')
    if (what === 'synced') continue
    // Nothing comes twice, and nothing changes or goes that is not there.
    if (known.has(name) !== (what !== '+')) throw new Error(`unexpected ${event}`)
    if (what === '-') known.delete(name)
    else known.set(name, version)
  }
  return [...known].map(([name, version]) => `${name} ${version}`).toSorted()
}

type Step = { readonly do: string; readonly name?: number }

async function play(server: KubernetesApi, { do: what, name = 0 }: Step): Promise<void> {
  const actions: Readonly<Record<string, () => void>> = {
    put: () => server.put(pods, pod(`p${name}`)),
    remove: () => {
      if (server.find(pods, `p${name}`, 'a') !== undefined) server.remove(pods, `p${name}`, 'a')
    },
    bookmark: () => server.bookmark(),
    end: () => server.endWatches('politely'),
    drop: () => server.endWatches('abruptly'),
    compact: () => server.compact(),
  }
  actions[what]?.()
  if (what === 'pause') await new Promise((resolve) => setTimeout(resolve, 5))
}

test('10,000 pods come in pages, all of them (fault 12)', async () => {
  await using server = await KubernetesApi.start()
  server.streamingLists = 'invalid'
  const filler = { spec: { text: 'x'.repeat(2000) } }
  for (let index = 0; index < 10_000; index++) server.put(pods, pod(`p${index}`, filler))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(watcher.synced).toBe(true), 30_000)
  expect(watcher.objects).toHaveLength(10_000)
})

test.for([1, 3, 7])(
  'answers in pieces of %i bytes are read as they are meant (fault 13)',
  async (pieceBytes) => {
    await using server = await KubernetesApi.start()
    server.pieceBytes = pieceBytes
    const first = server.put(pods, pod('ä€😀'))
    using watcher = new Watcher(apiClient(server.url), { resource: pods })
    await vi.waitFor(() => expect(server.watches).toBe(1))
    const second = server.put(pods, pod('€'))
    await vi.waitFor(() => expect(watcher.objects).toEqual([versionOf(first), versionOf(second)].toSorted()))
    expect(watcher.troubles).toEqual([])
  },
)

test('an object of which the end is missing comes again (fault 13)', async () => {
  await using server = await KubernetesApi.start()
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  server.writeToWatches('{"type":"ADDED","object":{"metadata":{"name":"torn","uid":"u","resour')
  server.endWatches('politely')
  await vi.waitFor(() => expect(server.watches).toBe(1))
  const whole = server.put(pods, pod('whole'))
  await vi.waitFor(() => expect(watcher.objects).toEqual([versionOf(whole)]))
  expect(watcher.lists).toBe(1)
})

test('a frame that is no JSON ends the watch, which begins anew', async () => {
  await using server = await KubernetesApi.start()
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  server.writeToWatches('{"type":"ADDED","object":{x}}\n')
  await vi.waitFor(() => expect(watcher.restarts).toEqual({ malformed_answer: 1 }))
  const next = server.put(pods, pod('next'))
  await vi.waitFor(() => expect(watcher.objects).toEqual([versionOf(next)]))
  expect(watcher.troubles[0]?.message).toBe('a frame of a watch from the API server is no JSON')
})

test('a version that the server has not reached, as after a restore of etcd, is listed anew', async () => {
  await using server = await KubernetesApi.start()
  const only = server.put(pods, pod('x'))
  using watcher = new Watcher(apiClient(server.url), { resource: pods })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  let answers = 1
  server.intercept = ({ query }, response) => {
    if (!query.has('resourceVersion') || answers-- <= 0) return false
    answerStatus(response, 504, 'Timeout', 'Timeout: Too large resource version: 9999, current: 5')
    return true
  }
  server.dropConnections()
  await vi.waitFor(() => expect(watcher.lists).toBe(2))
  await vi.waitFor(() => expect(watcher.failingSince).toBeUndefined())
  expect(watcher.objects).toEqual([versionOf(only)])
})
