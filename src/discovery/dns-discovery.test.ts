import { Resolver } from 'node:dns/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { dnsRecord, FakeDns } from '#src/testing/fake-dns.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import type { DiscoveredLabels } from './discovery.ts'
import { DnsDiscovery } from './dns-discovery.ts'
import { candidateNames, systemSearchPath } from './search-path.ts'

const refresh = 30_000

let dns: FakeDns
let clock: FakeClock
let logger: CapturedLog
let discovery: DnsDiscovery | undefined
let told: (readonly DiscoveredLabels[])[]

beforeEach(async () => {
  dns = await FakeDns.start()
  clock = new FakeClock()
  logger = new CapturedLog()
  told = []
})

afterEach(async () => {
  discovery?.stop()
  await dns[Symbol.asyncDispose]()
})

async function start(
  options: Partial<ConstructorParameters<typeof DnsDiscovery>[0]>,
  domains: readonly string[] = [],
): Promise<void> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([dns.address])
  discovery = new DnsDiscovery(
    { names: ['example.org'], type: 'srv', refresh_interval: refresh, ...options },
    { clock, logger },
    resolver,
    () => ({ domains, dots: 1 }),
  )
  discovery.start((targets) => told.push(targets))
  await clock.advance(0)
}

/** Waits until something was told so often. */
async function tellings(count: number): Promise<readonly DiscoveredLabels[] | undefined> {
  await expect.poll(() => told.length, { interval: 2, timeout: 5000 }).toBe(count)
  return told.at(-1)
}

/** Waits until so many questions were asked. */
async function asked(count: number): Promise<void> {
  await expect.poll(() => dns.questions.length, { interval: 2, timeout: 5000 }).toBeGreaterThanOrEqual(count)
}

describe('records become targets', () => {
  test('of type SRV, with their port', async () => {
    dns.records.set('example.org SRV', [
      dnsRecord.srv('b.example.org', 9100),
      dnsRecord.srv('a.example.org', 9101),
    ])
    await start({})
    expect(await tellings(1)).toEqual(
      [
        ['a.example.org', '9101'],
        ['b.example.org', '9100'],
      ].map(([host, port]) => [
        '__address__',
        `${host}:${port}`,
        '__meta_dns_name',
        'example.org',
        '__meta_dns_srv_record_target',
        `${host}.`,
        '__meta_dns_srv_record_port',
        port,
      ]),
    )
  })

  test.each([
    ['a', [dnsRecord.a('10.0.0.7')], '10.0.0.7:80', []],
    ['aaaa', [dnsRecord.aaaa(7)], '[fd00::7]:80', []],
    [
      'mx',
      [dnsRecord.mx('mail.example.org')],
      'mail.example.org:80',
      ['__meta_dns_mx_record_target', 'mail.example.org.'],
    ],
    [
      'ns',
      [dnsRecord.name('ns.example.org')],
      'ns.example.org:80',
      ['__meta_dns_ns_record_target', 'ns.example.org.'],
    ],
  ] as const)('of type %s', async (type, records, address, labels) => {
    dns.records.set(`example.org ${type.toUpperCase()}`, records)
    await start({ type, port: 80 })
    expect(await tellings(1)).toEqual([['__address__', address, '__meta_dns_name', 'example.org', ...labels]])
  })
})

test('a name that cannot be looked up keeps its targets, and is told of once; one that is gone has none', async () => {
  const one = [dnsRecord.a('10.0.0.1')]
  dns.records.set('a.example A', one)
  dns.records.set('b.example A', [dnsRecord.a('10.0.0.2')])
  await start({ names: ['a.example', 'b.example'], type: 'a', port: 1 })
  expect(await tellings(1)).toHaveLength(2)

  dns.records.set('a.example A', 'SERVFAIL')
  dns.records.set('b.example A', 'NXDOMAIN')
  await clock.advance(refresh)
  expect(await tellings(2)).toEqual([['__address__', '10.0.0.1:1', '__meta_dns_name', 'a.example']])
  await clock.advance(refresh)
  await asked(6)
  dns.records.set('a.example A', [...one, dnsRecord.a('10.0.0.3')])
  await expect
    .poll(
      async () => {
        await clock.advance(refresh)
        return told.length
      },
      { interval: 2, timeout: 5000 },
    )
    .toBe(3)
  expect(logger.lines.map(({ level, message }) => [level, message])).toEqual([
    ['error', 'a.example cannot be looked up: the targets that it stood for stay'],
    ['info', 'a.example can be looked up again'],
  ])
})

test('a name that is not complete is tried with the domains of the search path', async () => {
  dns.records.set('web.ns.svc.cluster.local A', [dnsRecord.a('10.0.0.1')])
  await start({ names: ['web'], type: 'a', port: 80 }, ['svc.cluster.local', 'ns.svc.cluster.local'])
  expect(await tellings(1)).toEqual([['__address__', '10.0.0.1:80', '__meta_dns_name', 'web']])
  expect(dns.questions).toEqual(['web.svc.cluster.local A', 'web.ns.svc.cluster.local A'])
})

test('a stop ends what is under way', async () => {
  dns.records.set('example.org SRV', 'silence')
  await start({})
  await asked(1)
  discovery?.stop()
  await clock.advance(10 * refresh)
  expect([told, logger.lines, clock.waiting]).toEqual([[], [], 0])
})

test('records without a port need one', () => {
  const options = { names: ['a'], type: 'a', refresh_interval: 1 } as const
  expect(() => new DnsDiscovery({ ...options, names: ['a'] }, { clock, logger })).toThrow(
    'records of type A have no port: it needs one',
  )
})

test('names with as many dots as the search path says are tried as they are at first', () => {
  const path = { domains: ['x.org.', 'y.org'], dots: 2 }
  expect(candidateNames('a', path)).toEqual(['a.x.org', 'a.y.org', 'a'])
  expect(candidateNames('a.b.c', path)).toEqual(['a.b.c', 'a.b.c.x.org', 'a.b.c.y.org'])
  expect(candidateNames('a.', path)).toEqual(['a.'])
})

test('without a resolv.conf names are taken as they are', () => {
  expect(systemSearchPath('/nowhere/resolv.conf')).toEqual({ domains: [], dots: 1 })
})
