import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Point } from '#src/model/point.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { metricFamily, protobufField } from '#src/testing/metric-family.ts'
import { jobOf, ownValues, TestReceiver, valuesOf } from './test-receiver.ts'

const { number, bytes, double, message, zigzag } = protobufField

let target: FakeTarget
let receiver: TestReceiver | undefined

beforeEach(async () => {
  target = await FakeTarget.start()
})

afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await target.close()
})

/** Has the target answer with these bytes. */
function expose(contentType: string, body: string | Buffer): void {
  target.handler = (_request, response) => {
    response.writeHead(200, { 'content-type': contentType })
    response.end(body)
  }
}

const protobufType =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

/** Two observations in buckets 1 and 2 of schema 3, and the same below 1 in a classic bucket. */
const histogram = metricFamily('h', 'histogram', [
  {
    value: [
      number(1, 2),
      double(2, 1.5),
      message(3, number(1, 2), double(2, 2)),
      zigzag(5, 3),
      message(12, zigzag(1, 1), number(2, 2)),
      bytes(13, Buffer.of(2, 0)),
    ],
  },
])

/** What there is of the histogram by these options: names of series, and scale of the native one. */
async function readBy(options: string): Promise<[names: string[], scale: number | undefined]> {
  expose(protobufType, histogram)
  receiver = await TestReceiver.start(jobOf([target.address], options))
  const samples = await receiver.cycle()
  const names = samples.map(({ name }) => name).filter((name) => name.startsWith('h'))
  const points = receiver.context.next.batches.flatMap(({ points: each }): (Point | undefined)[] => [
    ...(each ?? []),
  ])
  const point = points.find((each) => each?.kind === 'exponential_histogram')
  return [[...new Set(names)], point?.kind === 'exponential_histogram' ? point.scale : undefined]
}

describe('native histograms', () => {
  test.each<[string, string[], number | undefined]>([
    ['', ['h_bucket', 'h_sum', 'h_count'], undefined],
    ['scrape_native_histograms: true', ['h'], 3],
    [
      'scrape_native_histograms: true\nalways_scrape_classic_histograms: true',
      ['h', 'h_bucket', 'h_sum', 'h_count'],
      3,
    ],
    ['scrape_native_histograms: true\nnative_histogram_bucket_limit: 1', ['h'], 2],
    ['scrape_native_histograms: true\nnative_histogram_min_bucket_factor: 2', ['h'], 0],
  ])('are read as the job says: %j', async (options, names, scale) => {
    expect(await readBy(options)).toEqual([names, scale])
    const [asked = ''] = target.requests.map(({ headers }) => headers.accept)
    expect(asked.startsWith('application/vnd.google.protobuf')).toBe(options !== '')
  })
})

test.each([
  ['convert_classic_histograms_to_nhcb: true', ['c'], 2, 1],
  [
    'convert_classic_histograms_to_nhcb: true\nalways_scrape_classic_histograms: true',
    ['c', 'c_bucket', 'c_count'],
    6,
    1,
  ],
  ['convert_classic_histograms_to_nhcb: false', ['c_bucket', 'c_count'], 4, 0],
])('classic histograms become native ones as the job says: %j', async (options, names, kept, malformed) => {
  const text =
    '# TYPE c histogram\nc_bucket{le="1"} 2\nc_bucket{le="2"} 2\nc_bucket{le="+Inf"} 3\nc_count 3\n'
  expose(
    'text/plain; version=0.0.4',
    `${text}# TYPE d histogram\nd_bucket{le="1"} 2\nd_bucket{le="+Inf"} 1\n`,
  )
  receiver = await TestReceiver.start(
    jobOf(
      [target.address],
      `${options}\nmetric_relabel_configs: [{ action: drop, source_labels: [__name__], regex: d_.* }]`,
    ),
  )
  const samples = await receiver.cycle()
  const found = samples.filter(({ name }) => name.startsWith('c'))
  expect([...new Set(found.map(({ name }) => name))].toSorted()).toEqual(names)
  const counts = samples.find(({ name }) => name === 'scrape_samples_post_metric_relabeling')?.value
  expect([counts, new Map(receiver.context.ledger.dropped).get('malformed_histogram') ?? 0]).toEqual([
    kept,
    malformed,
  ])
})

test.each<[string, string, string | Buffer]>([
  ['text', 'text/plain; version=0.0.4', 'a{x="long"} 1\nb{x="long"} 1\n'],
  ['OpenMetrics', 'application/openmetrics-text; version=1.0.0', 'a{x="long"} 1\nb{x="long"} 1\n# EOF\n'],
  [
    'protobuf',
    protobufType,
    Buffer.concat(
      ['a', 'b'].map((name) =>
        metricFamily(name, 'gauge', [{ labels: ['x', 'long'], value: [double(1, 1)] }]),
      ),
    ),
  ],
])('limits hold in %s', async (_, contentType, body) => {
  expose(contentType, body)
  const limits: readonly [string, string][] = [
    ['sample_limit: 1', 'sample limit exceeded'],
    ['label_limit: 3', 'label limit exceeded'],
    ['label_name_length_limit: 7', 'label name length limit exceeded'],
    ['label_value_length_limit: 3', 'label value length limit exceeded'],
    ['body_size_limit: 10B', 'body size limit exceeded'],
  ]
  for (const [limit, message] of limits) {
    using running = await TestReceiver.start(jobOf([target.address], limit))
    expect(ownValues(valuesOf(await running.cycle()))[0]).toBe(0)
    expect(running.target.error).toContain(message)
  }
})

test('OpenMetrics 2.0 is not asked for', async () => {
  expose('text/plain', 'a 1\n')
  receiver = await TestReceiver.start(jobOf([target.address]))
  await receiver.cycle()
  expect(target.requests[0]?.headers.accept).not.toContain('version=2')
})
