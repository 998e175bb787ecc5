import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { InterfaceScraper } from './interface-scraper.ts'

const net = '/sys/class/net'

let host: FakeHost
let facts: Facts
let problems: HostError[]

beforeEach(async () => {
  host = await FakeHost.create()
  facts = new Facts(new Recorder(new Source('test', '')), { vocabularies: ['prometheus'] })
  problems = []
})

afterEach(async () => await host.close())

/** The values of a metric by interface, after one cycle. */
async function cycle(
  scraper: InterfaceScraper,
  name: string,
  signal = new AbortController().signal,
): Promise<Record<string, unknown>> {
  facts.begin()
  await scraper.collect({ facts, signal, problem: (error) => void problems.push(error) })
  const samples = facts.end(1000).flatMap(samplesOf)
  return Object.fromEntries(
    samples
      .filter((sample) => sample.name === name && sample.value !== 'stale')
      .map(({ attributes, value }) => [attributes['device'] as string, value]),
  )
}

test('the driver is asked for the speed when the link came up anew, and now and then', async () => {
  const scraper = new InterfaceScraper(new HostFiles(host.root), () => true)
  expect(await cycle(scraper, 'node_network_speed_bytes')).toEqual({ eth0: 1.25e9, veth1: -125_000 })
  await host.write(`${net}/eth0/speed`, '1000\n')
  expect(await cycle(scraper, 'node_network_speed_bytes')).toMatchObject({ eth0: 1.25e9 })
  await host.write(`${net}/eth0/carrier_changes`, '4\n')
  expect(await cycle(scraper, 'node_network_speed_bytes')).toMatchObject({ eth0: 1.25e8 })
  await host.write(`${net}/eth0/speed`, '2500\n')
  for (let more = 0; more < 19; more++)
    expect(await cycle(scraper, 'node_network_speed_bytes')).toMatchObject({ eth0: 1.25e8 })
  expect(await cycle(scraper, 'node_network_speed_bytes')).toMatchObject({ eth0: 3.125e8 })
})

test('an interface with an attribute that is no number is a problem of its own', async () => {
  const scraper = new InterfaceScraper(new HostFiles(host.root), () => true)
  await host.write(`${net}/eth0/mtu`, 'wide\n')
  expect(await cycle(scraper, 'node_network_mtu_bytes')).toEqual({ lo: 65_536 })
  expect(problems.map(({ file, reason }) => [file, reason])).toEqual([
    [`${host.root}${net}/eth0/mtu`, 'malformed'],
  ])
})

test('only selected interfaces are asked; what is no interface is passed over', async () => {
  const scraper = new InterfaceScraper(new HostFiles(host.root), (device) => device !== 'lo')
  expect(await cycle(scraper, 'node_network_up')).toEqual({ eth0: 1, veth1: 0 })
  expect(problems).toEqual([])
})

test('hundreds of interfaces let the event loop turn, and end at the deadline', async () => {
  for (let number = 0; number < 200; number++) await host.write(`${net}/veth${number}/operstate`, 'up\n')
  const scraper = new InterfaceScraper(new HostFiles(host.root), () => true)
  let turned = false
  setImmediate(() => (turned = true))
  expect(Object.keys(await cycle(scraper, 'node_network_up')).length).toBe(202)
  expect(turned).toBe(true)
  await expect(cycle(scraper, 'node_network_up', AbortSignal.abort())).rejects.toMatchObject({
    reason: 'timeout',
  })
})
