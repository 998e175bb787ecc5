import { describe, expect, test } from 'vitest'
import type { Batch, Exemplar } from '#src/model/batch.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Source } from '#src/model/source.ts'
import type { ReadHistogram, ReadMetadata, ReadSeries } from '#src/testing/remote-write.ts'
import { batchOf, series as seriesOf } from '#src/testing/series.ts'
import type { ExponentialHistogramPoint } from '#src/model/point.ts'
import { mixed, now, one, openMetrics, sampleOf, send, sender } from './scenario.ts'

/** The numbers of types. */
const types = { unknown: 0, counter: 1, gauge: 2, histogram: 3, summary: 5 }

/** What is said of a series of `mixed`. */
async function metadataOf(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<ReadMetadata | undefined> {
  const { series } = await send({ bodies: [mixed] })
  return one(series, name, labels).metadata
}

/** What is said of a gauge with this help. */
async function helpOf(help: string): Promise<string | undefined> {
  const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', `# HELP v ${help}`, 'v 1')] })
  return one(series, 'v').metadata?.help
}

const traced = openMetrics(
  '# TYPE calls counter',
  'calls_total 5 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 0.75 1700000000.25',
  '# TYPE size histogram',
  'size_bucket{le="1.0"} 2 # {custom="c",trace_id="first"} 0.5',
  'size_bucket{le="+Inf"} 3 # {trace_id="second"} 9',
  'size_count 3',
  'size_sum 10.5',
)

async function exemplarsOf(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<ReadSeries['exemplars']> {
  const { series } = await send({ bodies: [traced] })
  return one(series, name, labels).exemplars
}

const point: ExponentialHistogramPoint = {
  kind: 'exponential_histogram',
  count: 100,
  sum: 250.5,
  min: undefined,
  max: undefined,
  scale: 3,
  zeroCount: 7,
  zeroThreshold: 0.001,
  positive: { offset: -2, counts: [40, 0, 0, 13, 20] },
  negative: { offset: 5, counts: [20] },
}

function exemplarAt(time: number): Exemplar {
  return { slot: 0, value: time, time, attributes: internAttributes(['trace_id', `t${time}`]) }
}

/** The native histogram that is sent for a point. */
async function histogramOf(
  change: Partial<ExponentialHistogramPoint> = {},
  options: object = {},
): Promise<ReadHistogram> {
  const { histograms, samples } = await seriesOfPoint(change, options)
  const [first] = histograms
  if (first === undefined || histograms.length > 1 || samples.length > 0)
    throw new Error('expected one histogram alone')
  return first
}

async function seriesOfPoint(
  change: Partial<ExponentialHistogramPoint>,
  options: object,
): Promise<ReadSeries> {
  await using both = await sender({ options })
  const batch = batchOf([[seriesOf('h', { job: 'test' }, { kind: 'exponential_histogram' }), 0]], {
    time: now,
    startTime: now - 60_000,
    points: [{ ...point, ...change }],
  })
  both.sut.take([batch])
  await both.sut.settled()
  return one(both.receiver.series(), 'h')
}

const created = openMetrics('# TYPE c counter', 'c_total 1', 'c_created 1700000000.5')

/** The sample that is sent for a counter since a time. */
async function sinceOf(
  startTime: number | undefined,
  kind: 'sum' | 'gauge' = 'sum',
): Promise<ReadSeries['samples'][number]> {
  await using both = await sender({})
  both.sut.take([
    batchOf([[seriesOf('v', {}, { kind, monotonic: kind === 'sum' }), 1]], { time: now, startTime }),
  ])
  await both.sut.settled()
  const [series] = both.receiver.series()
  const [sample] = series?.samples ?? []
  if (sample === undefined) throw new Error('no sample came')
  return sample
}

/** Batches of many series, for those who need no exposition. */
export function manySeries(
  count: number,
  time: number,
  name = 'many',
  source = new Source('test', ''),
): Batch {
  return batchOf(
    Array.from(
      { length: count },
      (_, index) => [seriesOf(name, { n: String(index), job: 'test' }), index] as const,
    ),
    { time, source },
  )
}

/** Declares the tests of these groups. */
export function meaningCases(): void {
  describe('metadata', () => {
    test.concurrent('TestMetadataEncoding/metadata_type_counter (SHOULD)', async () => {
      expect((await metadataOf('http_requests_total', { code: '200' }))?.type).toBe(types.counter)
    })

    test.concurrent('TestMetadataEncoding/metadata_type_gauge (SHOULD)', async () => {
      expect((await metadataOf('temperature_celsius'))?.type).toBe(types.gauge)
    })

    test.concurrent('TestMetadataEncoding/metadata_type_histogram (SHOULD)', async () => {
      expect((await metadataOf('request_size_bytes_bucket', { le: '+Inf' }))?.type).toBe(types.histogram)
    })

    test.concurrent('TestMetadataEncoding/metadata_type_summary (SHOULD)', async () => {
      expect((await metadataOf('latency_seconds', { quantile: '0.5' }))?.type).toBe(types.summary)
    })

    test.concurrent('TestMetadataEncoding/metadata_help_text (SHOULD)', async () => {
      expect((await metadataOf('temperature_celsius'))?.help).toBe('How warm it is.')
    })

    test.concurrent('TestMetadataEncoding/metadata_unit (MAY)', async () => {
      expect((await metadataOf('temperature_celsius'))?.unit).toBe('celsius')
      expect((await metadataOf('http_requests_total', { code: '200' }))?.unit).toBe('')
    })

    test.concurrent('TestMetadataEncoding/metadata_help_with_newlines (SHOULD)', async () => {
      expect(await helpOf('first\\nsecond')).toBe('first\nsecond')
    })

    test.concurrent('TestMetadataEncoding/metadata_help_with_special_chars (SHOULD)', async () => {
      expect(await helpOf('a \\\\ b \\"c\\" {d} ü 東')).toBe('a \\ b "c" {d} ü 東')
    })

    test.concurrent('TestMetadataEncoding/metadata_help_refs_valid (MUST)', async () => {
      // The decoder refuses a reference that has no symbol.
      const { series } = await send({ bodies: [mixed, mixed] })
      for (const { metadata } of series) expect(metadata?.help).toMatch(/\.$/)
    })

    test.concurrent('TestMetadataEncoding/metadata_consistent_across_series (SHOULD)', async () => {
      const { series } = await send({ bodies: [mixed, mixed] })
      const said = new Map<string, Set<string>>()
      for (const { labels, metadata } of series) {
        const family = (labels['__name__'] ?? '').replace(/_(?:bucket|count|sum|total)$/, '')
        said.set(family, (said.get(family) ?? new Set()).add(JSON.stringify(metadata)))
      }
      expect([...said.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1])
    })

    test.concurrent('TestMetadataEncoding/metadata_empty_help_allowed (MAY)', async () => {
      const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', 'v 1')] })
      expect(one(series, 'v').metadata).toEqual({ type: types.gauge, family: '', help: '', unit: '' })
    })
  })

  describe('exemplars', () => {
    test.concurrent('TestExemplarEncoding/exemplar_with_trace_id (MAY)', async () => {
      expect((await exemplarsOf('calls_total'))[0]?.labels['trace_id']).toBe(
        '4bf92f3577b34da6a3ce929d0e0e4736',
      )
    })

    test.concurrent('TestExemplarEncoding/exemplar_with_span_id (MAY)', async () => {
      expect((await exemplarsOf('calls_total'))[0]?.labels['span_id']).toBe('00f067aa0ba902b7')
    })

    test.concurrent('TestExemplarEncoding/exemplar_value_valid (MUST)', async () => {
      expect((await exemplarsOf('calls_total')).map(({ value }) => value)).toEqual([0.75])
    })

    test.concurrent('TestExemplarEncoding/exemplar_timestamp_valid (MUST)', async () => {
      expect((await exemplarsOf('calls_total'))[0]?.time).toBe(1_700_000_000_250)
      // One without a time has that of the scrape.
      expect((await exemplarsOf('size_bucket', { le: '1.0' }))[0]?.time).toBe(now)
    })

    test.concurrent('TestExemplarEncoding/exemplar_labels_valid_refs (MUST)', async () => {
      const { series } = await send({ bodies: [traced] })
      const names = series.flatMap(({ exemplars }) => exemplars.flatMap(({ labels }) => Object.keys(labels)))
      expect(names.toSorted()).toEqual(['custom', 'span_id', 'trace_id', 'trace_id', 'trace_id'])
    })

    test.concurrent('TestExemplarEncoding/exemplar_custom_labels (MAY)', async () => {
      expect((await exemplarsOf('size_bucket', { le: '1.0' }))[0]?.labels).toEqual({
        custom: 'c',
        trace_id: 'first',
      })
    })

    test.concurrent('TestExemplarEncoding/exemplar_on_histogram (MAY)', async () => {
      expect(await exemplarsOf('size_bucket', { le: '+Inf' })).toEqual([
        { labels: { trace_id: 'second' }, value: 9, time: now },
      ])
    })

    test.concurrent('TestExemplarEncoding/exemplar_labels_even_length (MUST)', async () => {
      // The decoder refuses an odd number of references.
      expect(await exemplarsOf('calls_total')).toHaveLength(1)
    })

    test.concurrent('TestExemplarEncoding/multiple_exemplars_per_series (MAY)', async () => {
      await using both = await sender({})
      both.sut.take([
        batchOf([[seriesOf('v'), 1]], { time: now, exemplars: [exemplarAt(now), exemplarAt(now - 5)] }),
      ])
      await both.sut.settled()
      expect(both.receiver.series()[0]?.exemplars.map(({ time }) => time)).toEqual([now - 5, now])
    })
  })

  describe('histograms', () => {
    test.concurrent('TestHistogramEncoding/native_histogram_structure (MUST)', async () => {
      expect(await histogramOf()).toEqual({
        count: 100,
        sum: 250.5,
        stale: false,
        schema: 3,
        zeroThreshold: 0.001,
        zeroCount: 7,
        positive: new Map([
          [-1, 40],
          [2, 13],
          [3, 20],
        ]),
        negative: new Map([[6, 20]]),
        resetHint: 0,
        time: now,
        customValues: [],
        startTime: now - 60_000,
      })
    })

    test.concurrent('TestHistogramEncoding/histogram_count_present (MUST)', async () => {
      expect((await histogramOf()).count).toBe(100)
      const { series } = await send({ bodies: [mixed] })
      expect(sampleOf(series, 'request_size_bytes_count').value).toBe(100)
    })

    test.concurrent('TestHistogramEncoding/histogram_sum_present (MUST)', async () => {
      expect((await histogramOf()).sum).toBe(250.5)
      const { series } = await send({ bodies: [mixed] })
      expect(sampleOf(series, 'request_size_bytes_sum').value).toBe(250.5)
    })

    test.concurrent('TestHistogramEncoding/histogram_buckets_ordered (SHOULD)', async () => {
      const { positive } = await histogramOf()
      expect([...positive.keys()]).toEqual([...positive.keys()].toSorted((a, b) => a - b))
      const { series } = await send({ bodies: [mixed] })
      const buckets = ['100.0', '+Inf'].map(
        (le) => sampleOf(series, 'request_size_bytes_bucket', { le }).value,
      )
      expect(buckets).toEqual([60, 100])
    })

    test.concurrent('TestHistogramEncoding/histogram_positive_buckets (MAY)', async () => {
      expect((await histogramOf({ positive: { offset: 0, counts: [1, 2, 3] } })).positive).toEqual(
        new Map([
          [1, 1],
          [2, 2],
          [3, 3],
        ]),
      )
    })

    test.concurrent('TestHistogramEncoding/histogram_negative_buckets (MAY)', async () => {
      expect((await histogramOf({ negative: { offset: -4, counts: [5, 0, 7] } })).negative).toEqual(
        new Map([
          [-3, 5],
          [-1, 7],
        ]),
      )
    })

    test.concurrent('TestHistogramEncoding/histogram_zero_bucket (MAY)', async () => {
      expect(await histogramOf()).toMatchObject({ zeroCount: 7, zeroThreshold: 0.001 })
      expect((await histogramOf({ zeroThreshold: 0 })).zeroThreshold).toBe(1e-128)
    })

    test.concurrent('TestHistogramEncoding/histogram_schema (MUST)', async () => {
      for (const scale of [-4, 0, 8]) expect((await histogramOf({ scale })).schema).toBe(scale)
      // What is finer than Prometheus knows is joined: buckets 10 and 11 of scale 9 are bucket 5 of scale 8.
      expect(await histogramOf({ scale: 9, positive: { offset: 10, counts: [1, 2, 4] } })).toMatchObject({
        schema: 8,
        positive: new Map([
          [6, 3],
          [7, 4],
        ]),
      })
    })

    test.concurrent('TestHistogramEncoding/histogram_timestamp (MUST)', async () => {
      expect((await histogramOf()).time).toBe(now)
    })

    test.concurrent('TestHistogramEncoding/histogram_no_mixed_with_samples (MUST)', async () => {
      const { histograms, samples } = await seriesOfPoint({}, {})
      expect([histograms.length, samples.length]).toEqual([1, 0])
    })

    test.concurrent('TestHistogramEncoding/histogram_empty_buckets (SHOULD)', async () => {
      const none = { offset: 0, counts: [] }
      expect(
        await histogramOf({ count: 0, sum: 0, zeroCount: 0, positive: none, negative: none }),
      ).toMatchObject({
        count: 0,
        sum: 0,
        positive: new Map(),
        negative: new Map(),
      })
    })

    test.concurrent('TestHistogramEncoding/histogram_large_counts (MUST)', async () => {
      expect(
        await histogramOf({ count: 2n ** 63n, positive: { offset: 0, counts: [1_000_000_000, 2 ** 40] } }),
      ).toMatchObject({
        count: 2n ** 63n,
        positive: new Map([
          [1, 1_000_000_000],
          [2, 2 ** 40],
        ]),
      })
    })
  })

  describe('timestamps', () => {
    test.concurrent('TestTimestampEncoding/timestamp_int64_milliseconds (MUST)', async () => {
      for (const time of [0, 1, 1_700_000_000_123, 2 ** 52, -62_135_596_800_000]) {
        const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', 'v 1')], time })
        expect(sampleOf(series, 'v').time).toBe(time)
      }
    })

    test.concurrent('TestTimestampEncoding/timestamp_ordering_within_series (MUST)', async () => {
      const { series } = await send({ bodies: Array.from({ length: 5 }, () => mixed) })
      const times = new Map<string, number[]>()
      for (const { pairs, samples } of series) {
        const key = JSON.stringify(pairs)
        times.set(key, [...(times.get(key) ?? []), ...samples.map(({ time }) => time)])
      }
      for (const each of times.values())
        expect(each).toEqual([0, 1, 2, 3, 4].map((index) => now + 1000 * index))
    })

    test.concurrent('TestTimestampEncoding/start_timestamp_for_counters (MAY)', async () => {
      const { series } = await send({ bodies: [created] })
      expect(sampleOf(series, 'c_total').startTime).toBe(1_700_000_000_500)
      expect((await sinceOf(now - 5000, 'gauge')).startTime).toBe(0)
    })

    test.concurrent('TestTimestampEncoding/start_timestamp_for_histograms (MAY)', async () => {
      expect((await histogramOf()).startTime).toBe(now - 60_000)
    })

    test.concurrent('TestTimestampEncoding/start_timestamp_zero_handling (SHOULD)', async () => {
      expect((await sinceOf(undefined)).startTime).toBe(0)
      expect((await sinceOf(0)).startTime).toBe(0)
    })

    test.concurrent('TestTimestampEncoding/timestamp_precision (SHOULD)', async () => {
      const { series } = await send({ bodies: [openMetrics('# TYPE v gauge', 'v 1 1700000000.123')] })
      expect(sampleOf(series, 'v').time).toBe(1_700_000_000_123)
    })

    test.concurrent('TestTimestampEncoding/timestamp_future_values (SHOULD)', async () => {
      const { series } = await send({
        bodies: [openMetrics('# TYPE v gauge', `v 1 ${(now + 240_000) / 1000}`)],
      })
      expect(sampleOf(series, 'v').time).toBe(now + 240_000)
    })

    test.concurrent('TestTimestampEncoding/start_timestamp_before_sample_timestamp (SHOULD)', async () => {
      expect((await sinceOf(now - 5000)).startTime).toBe(now - 5000)
      expect((await sinceOf(now)).startTime).toBe(now)
      // One that is later cannot be right: it is not sent.
      expect((await sinceOf(now + 1)).startTime).toBe(0)
    })
  })

  describe('remote write 1.0', () => {
    test.concurrent('TestRemoteWrite1Compatibility/rw1_version_header (SHOULD)', async () => {
      const { requests } = await send({ bodies: [mixed], first: true })
      for (const { headers } of requests) expect(headers['x-prometheus-remote-write-version']).toBe('0.1.0')
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_content_type (SHOULD)', async () => {
      const { requests } = await send({ bodies: [mixed], first: true })
      for (const { headers } of requests) expect(headers['content-type']).toBe('application/x-protobuf')
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_samples_encoding (MUST)', async () => {
      const { series } = await send({ bodies: [mixed], first: true })
      expect(sampleOf(series, 'temperature_celsius')).toEqual({
        bits: 'c02f000000000000',
        value: -15.5,
        time: now,
        startTime: 0,
      })
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_labels_encoding (MUST)', async () => {
      const { series } = await send({ bodies: [mixed], first: true })
      for (const { pairs, labels } of series) {
        const names = pairs.filter((_, index) => index % 2 === 0)
        expect(names).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
        expect(labels).toMatchObject({ job: 'test', instance: '127.0.0.1:9100' })
      }
      expect(one(series, 'http_requests_total', { code: '500' }).labels['method']).toBe('get')
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_no_native_histograms (MUST)', async () => {
      // Where they are off, exponential histograms are classic ones.
      await using both = await sender({ first: true, options: { send_native_histograms: false } })
      both.sut.take([
        batchOf([[seriesOf('h', {}, { kind: 'exponential_histogram' }), 0]], { time: now, points: [point] }),
      ])
      await both.sut.settled()
      const series = both.receiver.series()
      for (const { histograms } of series) expect(histograms).toEqual([])
      expect(sampleOf(series, 'h_count').value).toBe(100)
      expect(sampleOf(series, 'h_bucket', { le: '+Inf' }).value).toBe(100)
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_no_start_timestamp (MUST)', async () => {
      const { series } = await send({ bodies: [created], first: true })
      for (const { samples } of series) for (const { startTime } of samples) expect(startTime).toBe(0)
      await using both = await sender({ first: true })
      both.sut.take([
        batchOf([[seriesOf('h', {}, { kind: 'exponential_histogram' }), 0]], {
          time: now,
          startTime: now - 1,
          points: [point],
        }),
      ])
      await both.sut.settled()
      expect(one(both.receiver.series(), 'h').histograms[0]).toMatchObject({ count: 100, startTime: 0 })
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_metadata_handling (MAY)', async () => {
      await using both = await sender({
        first: true,
        options: { send_metadata: true, metadata_send_interval: '1s' },
      })
      both.sut.take([
        batchOf(
          [[seriesOf('read', {}, { kind: 'sum', monotonic: true, description: 'Bytes.', unit: 'By' }), 1]],
          { time: now },
        ),
      ])
      await both.receiver.until((each) => each.decoded().some(({ metadata }) => metadata.length > 0))
      const { series, metadata } = both.receiver.decoded().at(-1) ?? {}
      expect(series).toEqual([])
      expect(metadata).toEqual([
        { type: types.counter, family: 'read_bytes_total', help: 'Bytes.', unit: 'bytes' },
      ])
    })

    test.concurrent('TestRemoteWrite1Compatibility/rw1_symbol_table_not_used (MUST)', async () => {
      const { read } = await send({ bodies: [mixed], first: true })
      for (const { symbols, hasFirstVersion } of read) {
        expect(symbols).toEqual([])
        expect(hasFirstVersion).toBe(true)
      }
    })

    test.concurrent('TestRemoteWrite1Configuration (SHOULD)', async () => {
      const [first, second] = [await send({ bodies: [mixed], first: true }), await send({ bodies: [mixed] })]
      const shown = ({ series }: typeof first): string[] =>
        series
          .map(({ labels, samples: [sample] }) => JSON.stringify([labels, sample?.bits, sample?.time]))
          .toSorted()
      expect(shown(first)).toEqual(shown(second))
      expect(first.requests[0]?.headers['content-type']).not.toBe(second.requests[0]?.headers['content-type'])
    })
  })
}
