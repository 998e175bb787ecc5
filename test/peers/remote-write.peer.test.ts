import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, staleBatch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { peerBinary } from './peer-binary.ts'
import { keyOf, prometheus, RemoteWritePeer, victoriaMetrics, type PeerKind } from './remote-write-peer.ts'

const prometheus3 = prometheus(peerBinary('prometheus', '3.16.0'), [
  '--enable-feature=exemplar-storage',
  '--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest',
  '--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request',
])
const prometheus2 = prometheus('prometheus')
const victoria = victoriaMetrics(peerBinary('victoria-metrics', '1.151.0'))

const scraped = makeScope(makeResource([], { derived: true }))

/** A whole number of seconds, a little ago, so that receivers take it for now. */
const start = Math.floor(Date.now() / 1000) * 1000 - 120_000

/** Values that are hard to write. */
const special = [0, -0, 1, -15.5, 123.45, 2 ** 53, 1e-310, Number.MAX_VALUE, 5e-324, 0.000123, 1e21]

interface Case {
  readonly name: string
  readonly kind: PeerKind
  readonly options: object
  /** What is said where the protocol changes. */
  readonly says?: string
}

const cases: readonly Case[] = [
  { name: 'Prometheus 3, by 1.0', kind: prometheus3, options: {} },
  {
    name: 'Prometheus 3, by 2.0',
    kind: prometheus3,
    options: { protobuf_message: 'io.prometheus.write.v2.Request' },
  },
  {
    name: 'Prometheus 3, by 2.0 where it knows it',
    kind: prometheus3,
    options: { protobuf_message: 'auto' },
  },
  { name: 'Prometheus 2, by 1.0', kind: prometheus2, options: {} },
  {
    name: 'Prometheus 2, which does not know 2.0',
    kind: prometheus2,
    options: { protobuf_message: 'auto' },
    says: 'remote write 1.0 is spoken: the receiver does not know 2.0',
  },
  {
    name: 'Prometheus 3, which does not know zstd',
    kind: prometheus3,
    options: { compression: 'zstd' },
    says: 'requests are compressed with snappy: the receiver does not know zstd',
  },
  { name: 'VictoriaMetrics, by 1.0', kind: victoria, options: {} },
  { name: 'VictoriaMetrics, by 1.0 with zstd', kind: victoria, options: { compression: 'zstd' } },
  {
    name: 'VictoriaMetrics, which does not know 2.0',
    kind: victoria,
    options: { protobuf_message: 'auto' },
    says: 'remote write 1.0 is spoken: the receiver does not know 2.0',
  },
]

describe.each(cases)('$name', ({ kind, options, says }) => {
  let peer: RemoteWritePeer | undefined
  afterAll(async () => await peer?.[Symbol.asyncDispose]())

  test('holds exactly the series and values that were sent, through churn', async () => {
    peer = await RemoteWritePeer.start(kind)
    await using sut = exporterFor({ endpoint: peer.writeUrl, ...options })
    const table = new SlotTable(new Source('test', ''))
    const expected = new Map<string, Map<number, number>>()
    const slots: number[] = []
    const add = (index: number): number => {
      const labels = {
        job: 'test',
        instance: `10.0.0.${index % 7}:9100`,
        n: `${index}`,
        text: `ü"\\\n${index % 11}`,
      }
      return table.add(series(`weir_metric_${index % 5}`, labels, { scope: scraped }))
    }
    for (let index = 0; index < 3000; index++) slots.push(add(index))
    for (let cycle = 0; cycle < 4; cycle++) {
      const time = start + cycle * 15_000
      const layout = table.commit()
      const values = Float64Array.from(layout.series, (_, slot) => (special[slot % 97] ?? slot * 1.1) + cycle)
      expect(sut.take([new Batch(layout, { time, values })])).toBe(true)
      for (const slot of layout.live) {
        const each = layout.series[slot]
        if (each === undefined) continue
        const key = keyOf({
          __name__: each.name,
          ...(Object.fromEntries(each.attributes) as Record<string, string>),
        })
        const samples = expected.get(key) ?? new Map<number, number>()
        expected.set(key, samples.set(time, values[slot] ?? 0))
      }
      for (let index = cycle; index < slots.length; index += 10) {
        table.remove(slots[index] ?? 0)
        slots[index] = add(10_000 * (cycle + 1) + index)
      }
    }
    await sut.settled()
    expect(sut.ledger).toMatchObject({ queued: 0, imbalance: 0, delivered: 12_000 })
    const held = await peer.held()
    expect(new Set(held.keys())).toEqual(new Set(expected.keys()))
    for (const [key, samples] of expected) {
      const found = held.get(key)
      expect([...(found?.keys() ?? [])].toSorted((a, b) => a - b)).toEqual([...samples.keys()])
      for (const [time, value] of samples)
        expect(kind.stored(value)).toBe(kind.stored(Number(found?.get(time))))
    }
    expect(await peer.troubles()).toEqual([])
    expect(sut.lines.map(({ message }) => message)).toEqual(says === undefined ? [] : [says])
  })

  test('does not show a series that ended', async () => {
    if (peer === undefined) throw new Error('the peer did not start')
    await using sut = exporterFor({ endpoint: peer.writeUrl, ...options })
    const time = start + 60_000
    const batch = batchOf(
      ['stays', 'ends'].map((which) => [series('weir_alive', { which }, { scope: scraped }), 1]),
      { time },
    )
    sut.take([batch])
    await sut.settled()
    const alive = async (at: number): Promise<string[]> => {
      await peer?.held()
      const all = await peer?.query<{ metric: Record<string, string> }>('weir_alive', at)
      return (all ?? []).map(({ metric }) => metric['which'] ?? '').toSorted()
    }
    await expect.poll(async () => await alive(time + 1000), { timeout: 10_000 }).toEqual(['ends', 'stays'])
    sut.take([
      staleBatch(batch.layout, Int32Array.of(1), time + 15_000),
      new Batch(batch.layout, {
        time: time + 15_000,
        values: Float64Array.of(2, 0),
        slots: Int32Array.of(0),
      }),
    ])
    await sut.settled()
    await expect.poll(async () => await alive(time + 16_000), { timeout: 10_000 }).toEqual(['stays'])
    expect(await peer.troubles()).toEqual([])
  })
})

/** A point of each kind, as slots 0, 1 and 2 of a batch at a time. */
function points(time: number): Batch {
  const said = { scope: scraped, temporality: 'cumulative' } as const
  return batchOf(
    [
      [series('exponential', { job: 'test' }, { kind: 'exponential_histogram', ...said }), 0],
      [series('explicit', { job: 'test' }, { kind: 'histogram', ...said }), 0],
      [series('quantiles', { job: 'test' }, { kind: 'summary', scope: scraped }), 0],
    ],
    {
      time,
      startTime: time - 60_000,
      points: [
        {
          kind: 'exponential_histogram',
          count: 21,
          sum: 250.5,
          min: undefined,
          max: undefined,
          scale: 1,
          zeroCount: 3,
          zeroThreshold: 0.001,
          positive: { offset: -3, counts: [3, 5, 0, 0, 1, 4, 2] },
          negative: { offset: 2, counts: [1, 2] },
        },
        {
          kind: 'histogram',
          count: 6,
          sum: 9.5,
          min: undefined,
          max: undefined,
          bounds: [0.5, 1, 2.5],
          counts: [1, 0, 3, 2],
        },
        {
          kind: 'summary',
          count: 8,
          sum: 4.5,
          quantiles: [
            { quantile: 0.5, value: 0.25 },
            { quantile: 0.99, value: 1 },
          ],
        },
      ],
      exemplars: [
        { slot: 0, value: 0.75, time: time - 10, attributes: internAttributes(['trace_id', 'abc']) },
        { slot: 1, value: 2, time: time - 5, attributes: internAttributes(['trace_id', 'def']) },
      ],
    },
  )
}

interface Instant {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly histogram?: readonly [
    number,
    {
      readonly count: string
      readonly sum: string
      readonly buckets: readonly (readonly [number, string, string, string])[]
    },
  ]
}

test.each(['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'])(
  'Prometheus 3 holds histograms and summaries with their exemplars, by %s',
  async (message) => {
    await using peer = await RemoteWritePeer.start(prometheus3)
    await using sut = exporterFor({ endpoint: peer.writeUrl, protobuf_message: message })
    const time = start + 60_000
    sut.take([points(time)])
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: 3, queued: 0, imbalance: 0 })
    const all = await peer.query<Instant>('{job="test"}', time + 1000)
    const flat = all.flatMap(({ metric: { __name__: name = '', le, quantile }, value }) =>
      value === undefined ? [] : [`${name} ${le ?? quantile ?? ''} ${value[1]}`],
    )
    expect(flat.toSorted()).toEqual(
      [
        'explicit_bucket +Inf 6',
        'explicit_bucket 0.5 1',
        'explicit_bucket 1 1',
        'explicit_bucket 2.5 4',
        'explicit_count  6',
        'explicit_sum  9.5',
        'quantiles 0.5 0.25',
        'quantiles 0.99 1',
        'quantiles_count  8',
        'quantiles_sum  4.5',
      ].toSorted(),
    )
    const native = all.find(({ metric }) => metric['__name__'] === 'exponential')?.histogram?.[1]
    expect([native?.count, native?.sum]).toEqual(['21', '250.5'])
    // Bounds are powers of the square root of two: bucket i of the positive range covers (base^i, base^(i + 1)].
    const base = Math.SQRT2
    const near = (power: number): unknown => expect.closeTo(base ** power, 10)
    const buckets = (native?.buckets ?? []).map(([, from, to, count]) => [
      Number(from),
      Number(to),
      Number(count),
    ])
    expect(buckets).toEqual([
      [expect.closeTo(-(base ** 4), 10), expect.closeTo(-(base ** 3), 10), 2],
      [expect.closeTo(-(base ** 3), 10), expect.closeTo(-(base ** 2), 10), 1],
      [-0.001, 0.001, 3],
      [near(-3), near(-2), 3],
      [near(-2), near(-1), 5],
      [near(1), near(2), 1],
      [near(2), near(3), 4],
      [near(3), near(4), 2],
    ])
    const { data } = await peer.get<{
      data: {
        seriesLabels: Record<string, string>
        exemplars: { labels: Record<string, string>; value: string; timestamp: number }[]
      }[]
    }>('/api/v1/query_exemplars', {
      query: '{job="test"}',
      start: String(time / 1000 - 60),
      end: String(time / 1000 + 60),
    })
    expect(
      data
        .map(({ seriesLabels: { __name__: name, le }, exemplars: [exemplar] }) => ({
          name,
          le,
          labels: exemplar?.labels,
          value: exemplar?.value,
        }))
        .toSorted(({ name: a = '' }, { name: b = '' }) => (a < b ? -1 : 1)),
    ).toEqual([
      { name: 'explicit_bucket', le: '2.5', labels: { trace_id: 'def' }, value: '2' },
      { name: 'exponential', le: undefined, labels: { trace_id: 'abc' }, value: '0.75' },
    ])
    expect(await peer.troubles()).toEqual([])
  },
)

test('series of histograms and summaries end all at once', async () => {
  await using peer = await RemoteWritePeer.start(prometheus3)
  await using sut = exporterFor({ endpoint: peer.writeUrl })
  const time = start + 60_000
  const batch = points(time)
  sut.take([batch, staleBatch(batch.layout, Int32Array.of(0, 1, 2), time + 15_000)])
  await sut.settled()
  expect(await peer.query('{job="test"}', time + 14_000)).toHaveLength(11)
  expect(await peer.query('{job="test"}', time + 16_000)).toEqual([])
  expect(await peer.troubles()).toEqual([])
})

test('VictoriaMetrics knows what is said of families, by 1.0', async () => {
  await using peer = await RemoteWritePeer.start(victoria)
  await using sut = exporterFor({
    endpoint: peer.writeUrl,
    send_metadata: true,
    metadata_send_interval: '1s',
  })
  const about = { scope: scraped, description: 'Seconds of work.\nAll of them.', unit: 's' }
  sut.take([
    batchOf(
      [
        [
          series('work_seconds', { job: 'test' }, { kind: 'sum', monotonic: true, role: 'total', ...about }),
          1,
        ],
      ],
      { time: start },
    ),
  ])
  await expect
    .poll(
      async () =>
        (
          await peer.get<{ data: Record<string, unknown> }>('/api/v1/metadata', {
            metric: 'work_seconds_total',
          })
        ).data['work_seconds_total'],
      { timeout: 15_000 },
    )
    .toEqual([{ type: 'counter', help: about.description, unit: 'seconds' }])
})

test('Prometheus refuses what comes too late: it is counted once, and the rest goes on', async () => {
  await using peer = await RemoteWritePeer.start(prometheus3)
  await using sut = exporterFor({ endpoint: peer.writeUrl })
  const row = [series('late', { job: 'test' }, { scope: scraped }), 1] as const
  for (const time of [start + 60_000, start, start + 75_000]) {
    sut.take([batchOf([row], { time })])
    await sut.settled()
  }
  expect(sut.ledger).toMatchObject({ delivered: 2, queued: 0, imbalance: 0 })
  expect(Object.fromEntries(sut.ledger.rejected)).toEqual({ http_400: 1 })
  expect(sut.lines).toMatchObject([
    {
      level: 'error',
      message: 'the receiver refused data: it is dropped',
      fields: { status: 400, points: 1, answer: expect.stringContaining('out of order') as string },
    },
  ])
  const held = await peer.held()
  expect([...(held.values().next().value?.keys() ?? [])]).toEqual([start + 60_000, start + 75_000])
})

test.each([
  ['Prometheus', prometheus3],
  ['VictoriaMetrics', victoria],
])('%s is killed and comes back: it has all, in order and once', async (_, kind) => {
  await using peer = await RemoteWritePeer.start(kind)
  await using sut = exporterFor({
    endpoint: peer.writeUrl,
    retry_on_failure: { initial_interval: '20ms', max_interval: '200ms' },
  })
  const rows = Array.from(
    { length: 200 },
    (__, index) => [series('killed', { n: String(index) }, { scope: scraped }), 0] as const,
  )
  const batch = batchOf(rows)
  const expected = Array.from({ length: 20 }, (__, cycle) => start + cycle * 1000)
  for (const [cycle, time] of expected.entries()) {
    if (cycle === 5) await peer.kill()
    sut.take([new Batch(batch.layout, { time, values: new Float64Array(200).fill(cycle) })])
    if (cycle < 5) await sut.settled()
    if (cycle === 14) await peer.resume()
  }
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: 4000, queued: 0, imbalance: 0 })
  const held = await peer.held()
  expect(held.size).toBe(200)
  for (const samples of held.values()) {
    // What a receiver took and had not written when it was killed is its own loss: VictoriaMetrics writes every second.
    const times = [...samples.keys()].toSorted((a, b) => a - b)
    expect(times.filter((time) => time >= (expected[5] ?? 0))).toEqual(expected.slice(5))
    for (const [time, value] of samples) expect(Number(value)).toBe((time - start) / 1000)
  }
  expect(await peer.troubles()).toEqual([])
})

/** Passes connections on, and cuts every other one when the answer comes: the peer has the data, the sender does not know. */
async function answerCutter(port: number) {
  let answers = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (answers++ % 2 === 0) client.destroy()
      else client.write(chunk)
    })
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    answers: () => answers,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each([
  ['Prometheus', prometheus3, 'prometheus.WriteRequest'],
  ['Prometheus', prometheus3, 'io.prometheus.write.v2.Request'],
  ['VictoriaMetrics', victoria, 'prometheus.WriteRequest'],
])('when answers of %s are lost, what is sent again changes nothing there', async (_, kind, message) => {
  await using peer = await RemoteWritePeer.start(kind)
  await using cutter = await answerCutter(Number(new URL(peer.url).port))
  await using sut = exporterFor({
    endpoint: peer.writeUrl.replace(new URL(peer.url).host, `127.0.0.1:${cutter.port}`),
    protobuf_message: message,
    retry_on_failure: { initial_interval: '5ms' },
  })
  const { layout } = batchOf(
    Array.from(
      { length: 500 },
      (__, index) => [series('lost', { n: String(index) }, { scope: scraped }), 0] as const,
    ),
  )
  for (let cycle = 0; cycle < 5; cycle++) {
    const values = Float64Array.from(layout.series, (__, slot) => slot + cycle / 16)
    sut.take([new Batch(layout, { time: start + cycle * 1000, values })])
    await sut.settled()
  }
  expect(cutter.answers()).toBe(10)
  expect(sut.ledger).toMatchObject({ delivered: 2500, queued: 0, imbalance: 0 })
  const held = await peer.held()
  expect(held.size).toBe(500)
  for (const [key, samples] of held) {
    const slot = Number((JSON.parse(key) as string[][]).find(([name]) => name === 'n')?.[1])
    expect([...samples].map(([time, value]) => [time - start, Number(value)])).toEqual(
      [0, 1, 2, 3, 4].map((cycle) => [cycle * 1000, slot + cycle / 16]),
    )
  }
  expect(await peer.troubles()).toEqual([])
})
