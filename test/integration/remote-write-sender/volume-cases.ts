import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { staleBatch } from '#src/model/batch.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Source } from '#src/model/source.ts'
import { scrape } from '#src/testing/exposition.ts'
import { staleBits } from '#src/testing/remote-write.ts'
import { batchOf, series as seriesOf } from '#src/testing/series.ts'
import { manySeries } from './meaning-cases.ts'
import { mixed, now, one, openMetrics, sampleOf, send, sender, takesAll, targetReader } from './scenario.ts'

/** An exposition of a gauge with so many series. */
function wide(count: number): string {
  return openMetrics(
    '# TYPE wide gauge',
    ...Array.from({ length: count }, (_, index) => `wide{n="${index}",parity="${index % 2}"} ${index}`),
  )
}

/** Declares the tests of these groups. */
export function volumeCases(): void {
  describe('batching', () => {
    test.concurrent('TestBatchingBehavior/multiple_series_per_request (RECOMMENDED)', async () => {
      const { read } = await send({ bodies: [mixed] })
      expect(read.map(({ series }) => series.length)).toEqual([10])
      expect(new Set(read[0]?.series.map(({ labels }) => labels['__name__'])).size).toBe(8)
    })

    test.concurrent('TestBatchingBehavior/batch_size_reasonable (RECOMMENDED)', async () => {
      await using both = await sender({
        options: { max_samples_per_send: 2000, max_batch_size_bytes: 100_000 },
      })
      both.sut.take([manySeries(12_345, now)])
      await both.sut.settled()
      const read = both.receiver.decoded()
      for (const { series } of read) {
        expect(series.length).toBeGreaterThan(0)
        expect(series.length).toBeLessThanOrEqual(2000)
      }
      expect(read.reduce((sum, { series }) => sum + series.length, 0)).toBe(12_345)
    })

    test.concurrent('TestBatchingBehavior/handles_varying_cardinality (RECOMMENDED)', async () => {
      const counts = [1, 1000, 3, 0, 700]
      const { series } = await send({ bodies: counts.map(wide) })
      const live = counts.map(
        (_, index) =>
          series.filter(
            ({ samples: [sample] }) => sample?.time === now + 1000 * index && sample.bits !== staleBits,
          ).length,
      )
      expect(live).toEqual(counts)
    })

    test.concurrent('TestBatchingBehavior/efficient_symbol_reuse (RECOMMENDED)', async () => {
      const { read } = await send({ bodies: [wide(1000), wide(1000)] })
      for (const { symbols, series } of read) {
        expect(new Set(symbols).size).toBe(symbols.length)
        // Values of n, and ten others, of which each is there once for a thousand series.
        expect(symbols.length).toBe(series.length + 9)
      }
    })

    test.concurrent('TestBatchingBehavior/metadata_batching (RECOMMENDED)', async () => {
      const { read } = await send({ bodies: [mixed] })
      const [request] = read
      expect(request?.symbols.filter((each) => each === 'How large requests are.')).toHaveLength(1)
      expect(
        request?.series.filter(({ metadata }) => metadata?.help === 'How large requests are.'),
      ).toHaveLength(4)
    })

    test.concurrent('TestConcurrentRequests (MAY)', async () => {
      let inFlight = 0
      let most = 0
      await using both = await sender({
        options: { max_samples_per_send: 256, remote_write_queue: { num_consumers: 3 } },
        async answer(request) {
          most = Math.max(most, ++inFlight)
          await setTimeout(2)
          inFlight--
          return takesAll(request)
        },
      })
      const sources = Array.from({ length: 6 }, (_, index) => new Source('test', `${index}`))
      for (let part = 0; part < 12; part++) {
        for (const source of sources)
          both.sut.take([manySeries(100, now + part, `from_${source.part}`, source)])
      }
      await both.sut.settled()
      const times = new Map<string, number[]>()
      for (const { labels, samples } of both.receiver.series()) {
        const key = `${labels['__name__']} ${labels['n']}`
        times.set(key, [...(times.get(key) ?? []), ...samples.map(({ time }) => time - now)])
      }
      // One in flight in each shard, and samples of a series in their order.
      expect(most).toBeGreaterThan(1)
      expect(most).toBeLessThanOrEqual(3)
      expect(times.size).toBe(600)
      for (const each of times.values()) expect(each).toEqual(Array.from({ length: 12 }, (_, index) => index))
    })
  })

  describe('combined', () => {
    test.concurrent('TestCombinedFeatures/samples_with_metadata (SHOULD)', async () => {
      const { series } = await send({ bodies: [mixed] })
      const { samples, metadata } = one(series, 'temperature_celsius')
      expect([samples[0]?.value, metadata]).toEqual([
        -15.5,
        { type: 2, family: '', help: 'How warm it is.', unit: 'celsius' },
      ])
    })

    test.concurrent('TestCombinedFeatures/samples_with_exemplars (MAY)', async () => {
      const { series } = await send({
        bodies: [openMetrics('# TYPE c counter', 'c_total 5 # {trace_id="t"} 1')],
      })
      const { samples, exemplars } = one(series, 'c_total')
      expect([samples[0]?.value, exemplars]).toEqual([
        5,
        [{ labels: { trace_id: 't' }, value: 1, time: now }],
      ])
    })

    test.concurrent('TestCombinedFeatures/histogram_with_metadata_and_exemplars (MAY)', async () => {
      await using both = await sender({})
      const none = { offset: 0, counts: [] }
      both.sut.take([
        batchOf([[seriesOf('h', {}, { kind: 'exponential_histogram', description: 'All of it.' }), 0]], {
          time: now,
          points: [
            {
              kind: 'exponential_histogram',
              count: 1,
              sum: 2,
              min: 2,
              max: 2,
              scale: 0,
              zeroCount: 0,
              zeroThreshold: 0,
              positive: { offset: 0, counts: [1] },
              negative: none,
            },
          ],
          exemplars: [{ slot: 0, value: 2, time: now, attributes: internAttributes(['trace_id', 't']) }],
        }),
      ])
      await both.sut.settled()
      const { samples, histograms, exemplars, metadata } = one(both.receiver.series(), 'h')
      expect(samples).toEqual([])
      expect(histograms).toMatchObject([{ count: 1, sum: 2 }])
      expect(exemplars).toMatchObject([{ value: 2, labels: { trace_id: 't' } }])
      expect(metadata).toMatchObject({ type: 3, help: 'All of it.' })
    })

    test.concurrent('TestCombinedFeatures/multiple_metric_types (MUST)', async () => {
      const { series } = await send({ bodies: [mixed] })
      expect(new Set(series.map(({ metadata }) => metadata?.type))).toEqual(new Set([1, 2, 3, 5]))
      expect(new Set(series.map(({ labels }) => labels['__name__'])).size).toBe(8)
    })

    test.concurrent('TestCombinedFeatures/high_cardinality_labels (RECOMMENDED)', async () => {
      const { series } = await send({ bodies: [wide(2000)] })
      expect(new Set(series.map(({ labels }) => labels['n'])).size).toBe(2000)
      for (const { labels, samples } of series) expect(samples[0]?.value).toBe(Number(labels['n']))
    })

    test.concurrent('TestCombinedFeatures/complete_metric_family (MUST)', async () => {
      const { series } = await send({ bodies: [mixed] })
      const family = series.filter(
        ({ labels }) => labels['__name__']?.startsWith('request_size_bytes') === true,
      )
      expect(
        family.map(({ labels, samples: [sample] }) => [labels['__name__'], labels['le'], sample?.value]),
      ).toEqual(
        expect.arrayContaining([
          ['request_size_bytes_bucket', '100.0', 60],
          ['request_size_bytes_bucket', '+Inf', 100],
          ['request_size_bytes_count', undefined, 100],
          ['request_size_bytes_sum', undefined, 250.5],
        ]),
      )
      expect(family).toHaveLength(4)
    })

    test.concurrent('TestCombinedFeatures/mixed_labels_and_metadata (SHOULD)', async () => {
      const { series } = await send({ bodies: [mixed] })
      const { labels, metadata } = one(series, 'http_requests_total', { code: '500' })
      expect(labels).toEqual({
        __name__: 'http_requests_total',
        code: '500',
        instance: '127.0.0.1:9100',
        job: 'test',
        method: 'get',
      })
      expect(metadata).toMatchObject({ type: 1, help: 'Requests that were answered.' })
    })

    test.concurrent('TestCombinedFeatures/real_world_scenario (MUST)', async () => {
      // Scrapes of a target that changes, to a receiver that fails now and then: all arrives, in order.
      const bodies = Array.from({ length: 10 }, (_, cycle) =>
        openMetrics(
          '# TYPE r counter',
          ...Array.from(
            { length: 50 },
            (__, index) => `r_total{pod="p${index + (index % 10 === 0 ? cycle * 100 : 0)}"} ${cycle}`,
          ),
        ),
      )
      const failing = new Set([1, 2, 5, 9])
      await using both = await sender({
        answer: (request, index) => (failing.has(index) ? { status: 503 } : takesAll(request)),
      })
      const reader = targetReader()
      for (const [cycle, body] of bodies.entries())
        both.sut.take(scrape(reader, body, { format: 'openmetrics-1.0.0', time: now + cycle * 1000 }))
      await both.sut.settled()
      const seen = new Map<string, Map<number, string>>()
      for (const { labels, samples } of both.receiver.series()) {
        const pod = labels['pod'] ?? ''
        for (const { time, bits } of samples)
          seen.set(pod, (seen.get(pod) ?? new Map<number, string>()).set(time, bits))
      }
      expect([...(seen.get('p1')?.keys() ?? [])]).toEqual(bodies.map((_, cycle) => now + cycle * 1000))
      // A pod that came with the second scrape ended with the third.
      expect([...(seen.get('p100') ?? [])].map(([time, bits]) => [time - now, bits === staleBits])).toEqual([
        [1000, false],
        [2000, true],
      ])
      expect(both.sut.ledger).toMatchObject({ queued: 0, imbalance: 0, delivered: 10 * 50 + 9 * 5 })
    })
  })

  describe('edge cases', () => {
    test.concurrent('TestEdgeCases/empty_scrape (SHOULD)', async () => {
      expect((await send({ bodies: [openMetrics()] })).requests).toEqual([])
    })

    test.concurrent('TestEdgeCases/huge_label_values (SHOULD)', async () => {
      const { series } = await send({
        bodies: [openMetrics('# TYPE v gauge', `v{huge="${'x'.repeat(10_240)}"} 1`)],
      })
      expect(one(series, 'v').labels['huge']).toBe('x'.repeat(10_240))
    })

    test.concurrent('TestEdgeCases/unicode_in_labels (MUST)', async () => {
      const { series } = await send({
        bodies: [openMetrics('# TYPE v gauge', 'v{a="日本",b="𝒳",c="e\u0301"} 1')],
      })
      expect(one(series, 'v').labels).toMatchObject({ a: '日本', b: '𝒳', c: 'e\u0301' })
    })

    test.concurrent('TestEdgeCases/many_timeseries (RECOMMENDED)', async () => {
      const { series } = await send({ bodies: [wide(5000)] })
      expect(series).toHaveLength(5000)
    })

    test.concurrent('TestEdgeCases/high_cardinality (RECOMMENDED)', async () => {
      await using both = await sender({})
      both.sut.take([manySeries(30_000, now)])
      await both.sut.settled()
      expect(new Set(both.receiver.series().map(({ labels }) => labels['n'])).size).toBe(30_000)
    })

    test.concurrent('TestEdgeCases/very_long_metric_name (SHOULD)', async () => {
      const name = `m${'x'.repeat(1000)}`
      const { series } = await send({ bodies: [openMetrics(`# TYPE ${name} gauge`, `${name} 1`)] })
      expect(sampleOf(series, name).value).toBe(1)
    })

    test.concurrent('TestEdgeCases/special_float_combinations (MUST)', async () => {
      const { series } = await send({
        bodies: [
          openMetrics(
            '# TYPE v gauge',
            'v{n="1"} NaN',
            'v{n="2"} +Inf',
            'v{n="3"} -Inf',
            'v{n="4"} -0',
            'v{n="5"} 0',
          ),
        ],
      })
      expect(['1', '2', '3', '4', '5'].map((n) => sampleOf(series, 'v', { n }).bits)).toEqual([
        '7ff8000000000001',
        '7ff0000000000000',
        'fff0000000000000',
        '8000000000000000',
        '0000000000000000',
      ])
    })

    test.concurrent('TestEdgeCases/zero_timestamp (SHOULD)', async () => {
      const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', 'v 1 0')] })
      expect(sampleOf(series, 'v').time).toBe(0)
    })

    test.concurrent('TestEdgeCases/future_timestamp (SHOULD)', async () => {
      const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', 'v 1 4102444800')] })
      expect(sampleOf(series, 'v').time).toBe(4_102_444_800_000)
    })

    test.concurrent('TestEdgeCases/metric_name_with_colons (MUST)', async () => {
      const { series } = await send({ bodies: [openMetrics('# TYPE job:rate:5m gauge', 'job:rate:5m 1')] })
      expect(sampleOf(series, 'job:rate:5m').value).toBe(1)
    })

    test.concurrent('TestEdgeCases/stale_marker (SHOULD)', async () => {
      const { series } = await send({
        bodies: [
          openMetrics('# TYPE v gauge', 'v{n="1"} 1', 'v{n="2"} 2'),
          openMetrics('# TYPE v gauge', 'v{n="1"} 3'),
        ],
      })
      const ended = series
        .filter(({ labels }) => labels['n'] === '2')
        .flatMap(({ samples }) => samples.map(({ bits, time }) => [bits, time - now]))
      expect(ended).toEqual([
        ['4000000000000000', 0],
        [staleBits, 1000],
      ])
    })

    test.concurrent('TestEdgeCases/mixed_sample_and_histogram_families (MUST)', async () => {
      await using both = await sender({})
      const none = { offset: 0, counts: [] }
      const batch = batchOf(
        [
          [seriesOf('g'), 1],
          [seriesOf('h', {}, { kind: 'exponential_histogram' }), 0],
        ],
        {
          time: now,
          points: [
            undefined,
            {
              kind: 'exponential_histogram',
              count: 0,
              sum: 0,
              min: undefined,
              max: undefined,
              scale: 0,
              zeroCount: 0,
              zeroThreshold: 0,
              positive: none,
              negative: none,
            },
          ],
        },
      )
      both.sut.take([batch, staleBatch(batch.layout, Int32Array.of(0, 1), now + 1)])
      await both.sut.settled()
      const series = both.receiver.series()
      for (const { samples, histograms } of series) expect(samples.length + histograms.length).toBe(1)
      expect(
        series.map(({ labels, samples: [sample], histograms: [histogram] }) => [
          labels['__name__'],
          sample?.bits === staleBits,
          histogram?.stale,
        ]),
      ).toEqual([
        ['g', false, undefined],
        ['h', false, false],
        ['g', true, undefined],
        ['h', false, true],
      ])
    })

    test.concurrent('TestRobustnessUnderLoad (SHOULD)', async () => {
      await using both = await sender({
        answer: (request, index) => (index % 7 === 3 ? { status: 500 } : takesAll(request)),
      })
      for (let cycle = 0; cycle < 20; cycle++)
        expect(both.sut.take([manySeries(1500, now + cycle)])).toBe(true)
      await both.sut.settled()
      expect(both.sut.ledger).toMatchObject({ delivered: 30_000, queued: 0, imbalance: 0 })
      expect(both.sut.settlements).toHaveLength(20)
      for (const { delivered } of both.sut.settlements) expect(delivered).toBe(true)
    })
  })
}
