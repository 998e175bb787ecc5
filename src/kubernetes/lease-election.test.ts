import { expect, test, vi } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { apiClient } from '#src/testing/kubernetes-client.ts'
import { LeaseElection, leases, leaseTimings } from './lease-election.ts'

/** One who takes part, on a clock of its own. */
function candidate(server: KubernetesApi, identity: string) {
  const clock = new FakeClock()
  const changes: boolean[] = []
  const log = new CapturedLog()
  const election = new LeaseElection({
    api: apiClient(server.url, { clock }),
    namespace: 'weir',
    name: 'weir',
    identity,
    logger: log,
    random: () => 0,
    onChange: (leading) => changes.push(leading),
  })
  /** Lets time pass, and what is asked meanwhile be answered. */
  const advance = async (milliseconds: number): Promise<void> => {
    const asked = server.requests.length
    const due = milliseconds >= leaseTimings.retryMs
    await clock.advance(milliseconds)
    if (due) await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(asked))
    await vi.waitFor(() => expect(server.open).toBe(0))
    await clock.advance(0)
  }
  return { election, clock, changes, log, advance }
}

async function started(server: KubernetesApi, identity: string) {
  const one = candidate(server, identity)
  const asked = server.requests.length
  one.election.start()
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(asked))
  await vi.waitFor(() => expect(server.open).toBe(0))
  return one
}

const holderOf = (server: KubernetesApi) => server.find(leases, 'weir', 'weir')?.['spec']

test('the first leads, and renews; the second waits for as long as that goes on', async () => {
  await using server = await KubernetesApi.start()
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.election.leading).toBe(true))
  expect(a.changes).toEqual([true])
  const b = await started(server, 'b')
  for (let turn = 0; turn < 15; turn++) {
    await a.advance(2000)
    await b.advance(2000)
    expect([a.election.leading, b.election.leading]).toEqual([true, false])
  }
  expect(holderOf(server)).toMatchObject({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    leaseTransitions: 0,
  })
  await Promise.all([a.election.stop(), b.election.stop()])
})

test('when the leader is gone another leads within 17 s, and not before the lease has run out', async () => {
  await using server = await KubernetesApi.start()
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.election.leading).toBe(true))
  const b = await started(server, 'b')
  let waited = 0
  while (!b.election.leading && waited < 30_000) {
    await b.advance(2000)
    waited += 2000
  }
  expect(waited).toBeGreaterThanOrEqual(15_000)
  expect(waited).toBeLessThanOrEqual(17_000)
  expect(holderOf(server)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
  await b.election.stop()
})

test('a leader that was stopped for 60 s does not act when it goes on, and finds that another leads', async () => {
  await using server = await KubernetesApi.start()
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.election.leading).toBe(true))
  const b = await started(server, 'b')
  for (let turn = 0; turn < 9; turn++) await b.advance(2000)
  expect(b.election.leading).toBe(true)

  a.clock.skip(60_000)
  expect(a.election.leading).toBe(false)
  await a.advance(2000)
  expect(a.election.leading).toBe(false)
  expect(a.changes).toEqual([true, false])
  expect(holderOf(server)).toMatchObject({ holderIdentity: 'b' })
  await Promise.all([a.election.stop(), b.election.stop()])
})

test('a leader that cannot renew ceases to lead 10 s after its last renewal, before anybody else can', async () => {
  await using server = await KubernetesApi.start()
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.election.leading).toBe(true))
  server.intercept = (_, response) => {
    response.destroy()
    return true
  }
  await a.advance(2000)
  expect(a.election.leading).toBe(true)
  expect(a.log.lines.map(({ message }) => message)).toContain('the lease cannot be asked for')
  a.clock.skip(7999)
  expect(a.election.leading).toBe(true)
  a.clock.skip(1)
  expect(a.election.leading).toBe(false)
  await a.election.stop()
})

test('one that stops lets go, so that another leads at its next attempt', async () => {
  await using server = await KubernetesApi.start()
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.election.leading).toBe(true))
  const b = await started(server, 'b')
  await a.election.stop()
  expect(a.election.leading).toBe(false)
  expect(holderOf(server)).toMatchObject({ holderIdentity: '' })
  await b.advance(2000)
  await vi.waitFor(() => expect(b.election.leading).toBe(true))
  await b.election.stop()
})

test('without the right to leases the log says which rule is missing', async () => {
  await using server = await KubernetesApi.start()
  server.forbidden.add('leases')
  const a = await started(server, 'a')
  await vi.waitFor(() => expect(a.log.lines).toHaveLength(1))
  expect(a.log.lines[0]?.fields['error']).toContain(
    'add the rule {apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"]}',
  )
  await a.election.stop()
})
