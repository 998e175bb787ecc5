import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { TrafficScraper } from './traffic-scraper.ts'

let host: FakeHost
let problems: HostError[]

beforeEach(async () => {
  host = await FakeHost.create()
  problems = []
})

afterEach(async () => await host.close())

/** The samples of one cycle. */
async function measure(signal = new AbortController().signal): Promise<Sample[]> {
  const facts = new Facts(new Recorder(new Source('test', '')), { vocabularies: ['otel'] })
  facts.begin()
  const scraper = new TrafficScraper(new HostFiles(host.root), () => true)
  await scraper.collect({ facts, signal, problem: (error) => void problems.push(error) })
  return facts.end(1000).flatMap(samplesOf)
}

function connectionsOf(samples: readonly Sample[]): Record<string, unknown> {
  return Object.fromEntries(
    samples
      .filter(({ name, value }) => name === 'system.network.connections' && value !== 0)
      .map(({ attributes, value }) => [attributes['state'] as string, value]),
  )
}

test('connections of both versions of IP are counted together; without the newer one too', async () => {
  expect(connectionsOf(await measure())).toEqual({ LISTEN: 2, ESTABLISHED: 1, TIME_WAIT: 1, SYN_RECV: 1 })
  await host.remove('/proc/1/net/tcp6')
  expect(connectionsOf(await measure())).toEqual({ LISTEN: 1, ESTABLISHED: 1, TIME_WAIT: 1, SYN_RECV: 1 })
  expect(problems).toEqual([])
})

test('without connections the traffic is there, and the other way round nothing is', async () => {
  await host.write('/proc/1/net/tcp', 'cut o')
  const samples = await measure()
  expect(samples.some(({ name }) => name === 'system.network.io')).toBe(true)
  expect(connectionsOf(samples)).toEqual({})
  expect(problems.map(({ file, reason }) => [file, reason])).toEqual([
    [`${host.root}/proc/1/net/tcp`, 'malformed'],
  ])
  await host.remove('/proc/1/net/dev')
  await expect(measure()).rejects.toMatchObject({ reason: 'not_found' })
})

test('connections that take too long are left out', async () => {
  expect(connectionsOf(await measure(AbortSignal.abort()))).toEqual({})
  expect(problems.map(({ reason }) => reason)).toEqual(['timeout'])
})

test('a host that is not mounted is seen as this process sees it', async () => {
  const facts = new Facts(new Recorder(new Source('test', '')), { vocabularies: ['otel'] })
  facts.begin()
  const scraper = new TrafficScraper(new HostFiles(), (device) => device === 'lo')
  await scraper.collect({ facts, signal: new AbortController().signal, problem: () => undefined })
  const devices = facts
    .end(1000)
    .flatMap(samplesOf)
    .map(({ attributes }) => attributes['device'])
  expect(new Set(devices.filter((device) => device !== undefined))).toEqual(new Set(['lo']))
})
