import { expect, test } from 'vitest'
import { Batch, staleBatch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { readRequest, unsnap } from '#src/testing/remote-write.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { staleBits } from '#src/testing/remote-write.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from './test-exporter.ts'

function many(count: number, time = 1_700_000_000_000, source = new Source('test', '')): Batch {
  return batchOf(
    Array.from(
      { length: count },
      (_, index) => [series('m', { n: String(index), job: 'test' }), index] as const,
    ),
    { time, source },
  )
}

test('samples arrive with their labels, sorted, their values and times', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  const batch = batchOf([
    [series('up', { job: 'a', Zone: 'x', instance: '1' }), 1],
    [series('temperature', { job: 'a' }, { unit: 'Cel' }), -15.5],
  ])
  expect(sut.take([batch])).toBe(true)
  await receiver.until(({ requests }) => requests.length > 0)
  const all = receiver
    .series()
    .map(({ pairs, samples: [sample] }) => [pairs.join(' '), sample?.value, sample?.time])
  expect(all).toEqual([
    ['Zone x __name__ up instance 1 job a', 1, 1_700_000_000_000],
    ['__name__ temperature_celsius job a', -15.5, 1_700_000_000_000],
  ])
  await sut.settled()
  expect(sut.ledger).toMatchObject({ accepted: 2, delivered: 2, queued: 0, imbalance: 0 })
})

test('a stale series ends with the bits of the marker', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  const batch = batchOf([[series('up'), 1]])
  sut.take([batch, staleBatch(batch.layout, Int32Array.of(0), batch.time + 1000)])
  await receiver.until((each) => each.series().length === 2)
  expect(receiver.series()[1]?.samples).toMatchObject([{ bits: staleBits, time: 1_700_000_001_000 }])
})

test('names, labels, resources and scopes become what the options say', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({
    endpoint: receiver.url,
    namespace: 'weir',
    external_labels: { cluster: 'eu', host: 'outer' },
    resource_constant_labels: { included: ['host.*'] },
    write_relabel_configs: [{ action: 'drop', source_labels: ['cluster', 'state'], regex: 'eu;idle' }],
  })
  const resource = makeResource(['service.name', 'shop', 'service.instance.id', 'i1', 'host.name', 'n1'])
  const scope = makeScope(resource, { name: 'lib', version: '1' })
  const said = { scope, kind: 'sum', monotonic: true, unit: 's' } as const
  sut.take([
    batchOf([
      [series('cpu.time', { state: 'user' }, said), 1],
      [series('cpu.time', { state: 'idle' }, said), 2],
    ]),
  ])
  await sut.settled()
  const target = { cluster: 'eu', host: 'outer', instance: 'i1', job: 'shop' }
  expect(receiver.series().map(({ labels }) => labels)).toEqual([
    {
      __name__: 'weir_cpu_time_seconds_total',
      ...target,
      host_name: 'n1',
      otel_scope_name: 'lib',
      otel_scope_version: '1',
      state: 'user',
    },
    { __name__: 'weir_target_info', ...target, host_name: 'n1' },
  ])
  expect(sut.ledger).toMatchObject({ delivered: 1, queued: 0, imbalance: 0 })
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ relabel_dropped: 1 })
})

test('without scope labels, target_info and suffixes, where they are switched off', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({
    endpoint: receiver.url,
    disable_scope_info: true,
    target_info: { enabled: false },
    add_metric_suffixes: false,
  })
  const scope = makeScope(makeResource(['service.name', 'shop']), { name: 'lib' })
  sut.take([batchOf([[series('cpu.time', {}, { scope, kind: 'sum', monotonic: true, unit: 's' }), 1]])])
  await sut.settled()
  expect(receiver.series().map(({ labels }) => labels)).toEqual([{ __name__: 'cpu_time', job: 'shop' }])
})

test('what the configuration leaves out, and a second series of the same labels, are no reason to refuse who sent them', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({
    endpoint: receiver.url,
    disable_scope_info: true,
    write_relabel_configs: [{ action: 'drop', source_labels: ['state'], regex: 'idle' }],
  })
  const [one, other] = ['1', '2'].map((version) =>
    makeScope(makeResource(['service.name', 'a']), { name: 'l', version }),
  )
  const twice = [one, other].flatMap((scope) => (scope === undefined ? [] : [series('m', {}, { scope })]))
  sut.take([batchOf([...twice.map((each) => [each, 1] as const), [series('m', { state: 'idle' }), 2]])])
  await sut.settled()
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ relabel_dropped: 1, duplicate_series: 1 })
  expect(sut.settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('delta sums are dropped with one warning', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  sut.take([batchOf([[series('d', {}, { kind: 'sum', temporality: 'delta' }), 1]])])
  await sut.settled()
  expect(receiver.requests).toEqual([])
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ delta_temporality: 1 })
  expect(sut.settlements).toEqual([{ delivered: true, reason: 'delta_temporality', rejected: 1 }])
  expect(sut.lines).toMatchObject([
    { level: 'warn', message: expect.stringContaining('delta_to_cumulative') as string },
  ])
})

test('samples of many sources share requests', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({
    endpoint: receiver.url,
    batch_send_deadline: '20ms',
    remote_write_queue: { num_consumers: 2 },
  })
  for (let source = 0; source < 50; source++)
    sut.take([many(10, 1_700_000_000_000, new Source('test', `${source}`))])
  await sut.settled()
  expect(receiver.requests.length).toBeLessThanOrEqual(2)
  expect(receiver.series()).toHaveLength(500)
})

test('samples wait for others no longer than the deadline', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  const clock = new FakeClock()
  await using sut = exporterFor({ endpoint: receiver.url, batch_send_deadline: '5s' }, clock)
  sut.take([many(3)], false)
  await clock.advance(4999)
  expect([receiver.requests.length, sut.ledger.queued]).toEqual([0, 3])
  await clock.advance(1)
  await sut.settled()
  expect(receiver.requests).toHaveLength(1)
})

test('samples that somebody waits for go at once, and those that come meanwhile together once these are settled', async () => {
  let up = true
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  const clock = new FakeClock()
  const options = { batch_send_deadline: '1h', remote_write_queue: { num_consumers: 1 } }
  await using sut = exporterFor({ endpoint: receiver.url, ...options }, clock)
  for (let call = 1; call <= 3; call++) {
    sut.take([many(3)])
    await sut.settled()
    expect(receiver.requests).toHaveLength(call)
  }
  up = false
  sut.take([many(3)])
  await expect.poll(() => receiver.requests.length).toBe(4)
  // What nobody waits for goes with them.
  for (let call = 0; call < 5; call++) sut.take([many(3)], call !== 2)
  up = true
  while (sut.ledger.queued > 0) await clock.advance(1000)
  expect(receiver.requests.slice(3).map(({ body }) => readRequest(unsnap(body)).series.length)).toEqual([
    3, 3, 15,
  ])
})

test('while what somebody waits for does not get through, other samples wait for the deadline', async () => {
  await using receiver = await RemoteWriteReceiver.start(() => ({ hold: true }))
  const clock = new FakeClock()
  await using sut = exporterFor({ endpoint: receiver.url, batch_send_deadline: '3s' }, clock)
  const queued = (): boolean => (sut.queueStatus?.memoryBytes ?? 0) > first
  let first = 0
  sut.take([many(3)])
  await expect.poll(queued).toBe(true)
  first = sut.queueStatus?.memoryBytes ?? 0
  sut.take([many(3)])
  await clock.advance(2999)
  expect(queued()).toBe(false)
  await clock.advance(1)
  expect(queued()).toBe(true)
})

test('a receipt settles when all requests that bear its samples are at the peer', async () => {
  let held = true
  await using receiver = await RemoteWriteReceiver.start((_, index) =>
    index === 1 && held ? { status: 503 } : { status: 204 },
  )
  await using sut = exporterFor({
    endpoint: receiver.url,
    max_samples_per_send: 256,
    retry_on_failure: { initial_interval: '1ms', max_interval: '2ms' },
  })
  sut.take([many(600)])
  await receiver.until(({ requests }) => requests.length > 2)
  expect(sut.settlements).toEqual([])
  held = false
  await sut.settled()
  expect(sut.settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('a full queue refuses, and takes again when there is room', async () => {
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  await using sut = exporterFor({
    endpoint: receiver.url,
    remote_write_queue: { queue_size: 2 },
    retry_on_failure: { initial_interval: '1ms', max_interval: '5ms' },
  })
  let time = 1_700_000_000_000
  while (sut.take([many(10, time++)]))
    await receiver.until(({ requests }) => requests.length > time - 1_700_000_000_001)
  expect(sut.ledger).toMatchObject({ refused: 10, imbalance: 0 })
  up = true
  await sut.settled()
  expect(sut.take([many(10, time)])).toBe(true)
  await sut.settled()
  expect(sut.ledger).toMatchObject({ refused: 10, delivered: sut.ledger.accepted, queued: 0 })
})

test('the oldest makes room where that is asked for, and is counted', async () => {
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  await using sut = exporterFor({
    endpoint: receiver.url,
    remote_write_queue: { queue_size: 3, when_full: 'drop_oldest', num_consumers: 1 },
    retry_on_failure: { initial_interval: '1ms', max_interval: '5ms' },
  })
  for (let cycle = 0; cycle < 10; cycle++) {
    expect(sut.take([many(10, 1_700_000_000_000 + cycle)])).toBe(true)
    const before = receiver.requests.length
    await receiver.until(({ requests }) => requests.length > before + 1)
  }
  up = true
  await sut.settled()
  const { delivered, accepted } = sut.ledger
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ queue_full: accepted - delivered })
  expect(delivered).toBeGreaterThanOrEqual(30)
  // What was in flight all the time stays; then come the youngest.
  const times = receiver.series().map(({ samples: [sample] }) => (sample?.time ?? 0) - 1_700_000_000_000)
  expect([times[0], times.at(-1)]).toEqual([0, 9])
})

test('a stop sends what waits, and gives up the rest at its deadline', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  const sut = exporterFor({ endpoint: receiver.url, batch_send_deadline: '1h' })
  sut.take([many(1000)], false)
  await sut.stop(10_000)
  expect(receiver.series()).toHaveLength(1000)
  expect(sut.ledger).toMatchObject({ delivered: 1000, queued: 0, imbalance: 0 })
  expect(sut.take([many(1)])).toBe(false)

  receiver.answer = () => ({ hold: true })
  const stuck = exporterFor({ endpoint: receiver.url, remote_write_queue: { num_consumers: 1 } })
  for (let cycle = 0; cycle < 3; cycle++) stuck.take([many(100, 1_700_000_000_000 + cycle)])
  await stuck.stop(50)
  expect(Object.fromEntries(stuck.ledger.dropped)).toEqual({ shutdown: 300 })
  expect(stuck.settlements).toHaveLength(3)
})

test('a stop whose deadline has passed gives up what is not encoded, too', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  const sut = exporterFor({ endpoint: receiver.url })
  sut.take([many(2000)])
  sut.take([many(2000)])
  await sut.stop(0)
  expect(sut.ledger.delivered + sut.ledger.dropped.get('shutdown')).toBe(4000)
  expect(sut.settlements).toHaveLength(2)
})

test('batches are encoded in slices between which the event loop turns', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  sut.take([many(40_000)])
  let turns = 0
  while (sut.ledger.queued > 0) {
    await new Promise((resolve) => setImmediate(resolve))
    turns++
  }
  expect(turns).toBeGreaterThan(5)
  expect(sut.ledger).toMatchObject({ delivered: 40_000, imbalance: 0 })
})

test('destinations do not wait for each other', async () => {
  await using good = await RemoteWriteReceiver.start()
  await using bad = await RemoteWriteReceiver.start(() => ({ hold: true }))
  await using first = exporterFor({ endpoint: bad.url })
  await using second = exporterFor({ endpoint: good.url, external_labels: { to: 'good' } })
  const batch = many(100)
  for (const each of [first, second]) expect(each.take([batch])).toBe(true)
  await second.settled()
  expect(good.series()[0]?.labels['to']).toBe('good')
  expect([first.ledger.queued, second.ledger.delivered]).toEqual([100, 100])
})

test('a failing receiver shows as an error of the exporter until it works again', async () => {
  await using receiver = await RemoteWriteReceiver.start((_, index) => ({
    status: index < 2 ? 500 : 204,
    body: 'full',
  }))
  await using sut = exporterFor({ endpoint: receiver.url, retry_on_failure: { initial_interval: '1ms' } })
  sut.take([many(1)])
  await sut.settled()
  expect(sut.reports.map(({ state }) => state)).toEqual(['recoverable_error', 'recoverable_error', 'ok'])
  expect(sut.lines[0]).toMatchObject({
    level: 'warn',
    message: 'the receiver cannot take data now: it is sent again',
    fields: { status: 500, answer: 'full' },
  })
})

test('nothing is tried twice where that is switched off', async () => {
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: 503 }))
  await using sut = exporterFor({ endpoint: receiver.url, retry_on_failure: { enabled: false } })
  sut.take([many(1)])
  await sut.settled()
  expect(receiver.requests).toHaveLength(1)
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ http_503: 1 })
})

test('headers and credentials go with each request', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({
    endpoint: receiver.url,
    headers: { 'X-Scope-OrgID': 'tenant' },
    basic_auth: { username: 'a', password: 'b' },
  })
  sut.take([many(1)])
  await sut.settled()
  expect(receiver.requests[0]?.headers).toMatchObject({
    'x-scope-orgid': 'tenant',
    authorization: `Basic ${Buffer.from('a:b').toString('base64')}`,
    'content-length': String(receiver.requests[0]?.body.length),
  })
})

test('after a fall back to 1.0, what comes is encoded so, sources that were known among it', async () => {
  await using receiver = await RemoteWriteReceiver.start(({ headers }) => ({
    status: String(headers['content-type']).includes('v2') ? 415 : 204,
  }))
  await using sut = exporterFor({ endpoint: receiver.url, protobuf_message: 'auto' })
  const { layout, values } = many(300)
  for (let cycle = 0; cycle < 3; cycle++) {
    sut.take([new Batch(layout, { time: 1_700_000_000_000 + cycle, values })])
    await sut.settled()
  }
  sut.forget(layout.source)
  expect(sut.ledger).toMatchObject({ delivered: 900, imbalance: 0 })
  expect(receiver.requests.map(({ headers }) => headers['x-prometheus-remote-write-version'])).toEqual([
    '2.0.0',
    '0.1.0',
    '0.1.0',
    '0.1.0',
  ])
  // The first was brought into another form when it was sent; the others were written so.
  const bodies = receiver.requests.slice(1).map(({ body }) => body.length)
  expect(bodies[1]).toBe(bodies[2])
  expect(bodies[0]).not.toBe(bodies[1])
})

test('a batch that cannot be encoded is dropped and counted, and its source is begun anew', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  await using sut = exporterFor({ endpoint: receiver.url })
  const source = new Source('test', '')
  const broken = Object.create(series('m', { n: '1' }), {
    role: {
      get() {
        throw new Error('a mistake of ours')
      },
    },
  }) as Series
  sut.take([
    batchOf(
      [
        [series('a'), 1],
        [broken, 2],
      ],
      { source },
    ),
  ])
  await sut.settled()
  expect(Object.fromEntries(sut.ledger.dropped)).toEqual({ encoding_failed: 2 })
  expect(sut.lines).toMatchObject([
    { level: 'error', message: 'batches could not be encoded', fields: { points: 2 } },
  ])
  sut.take([many(10, 1_700_000_001_000, source)])
  await sut.settled()
  expect(receiver.series()).toHaveLength(10)
  expect(sut.ledger).toMatchObject({ delivered: 10, queued: 0, imbalance: 0 })
})
