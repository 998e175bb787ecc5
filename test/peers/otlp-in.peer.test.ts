import { describe, expect, test } from 'vitest'
import { contentOf, pointsOf, requestsOf, type RequestJson } from '#src/testing/otlp-json.ts'
import { TestReceiver } from '../../receivers/otlp/test-receiver.ts'
import { CollectorSender } from './collector-sender.ts'

const times = { startTimeUnixNano: '1600000000000000001', timeUnixNano: '1700000000123456789' }
const attributes = [
  { key: 'bytes', value: { bytesValue: 'AP8H' } },
  { key: 'empty', value: { stringValue: '' } },
  { key: 'flag', value: { boolValue: true } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { doubleValue: 0.5 } }] } } },
  { key: 'text', value: { stringValue: 'grüße' } },
  { key: 'whole', value: { intValue: '4611686018427387904' } },
]
const point = { attributes, ...times }
const exemplars = [
  {
    asDouble: 1.5,
    timeUnixNano: '1700000000000000001',
    spanId: '0102030405060708',
    traceId: '0102030405060708090a0b0c0d0e0f10',
    filteredAttributes: [{ key: 'user', value: { stringValue: 'u1' } }],
  },
  { asInt: '7', timeUnixNano: '1700000000000000002' },
]
const name = (text: string): object[] => [{ key: 'n', value: { stringValue: text } }]

/** Every type of point, with all that it can say. */
const request: RequestJson = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'host.name', value: { stringValue: 'n1' } }] },
      schemaUrl: 'https://example.com/1',
      scopeMetrics: [
        {
          scope: {
            name: 'meter',
            version: '1.2',
            attributes: [{ key: 'short', value: { boolValue: true } }],
          },
          schemaUrl: 'https://example.com/2',
          metrics: [
            {
              name: 'gauge',
              unit: '1',
              description: 'What it is.',
              gauge: {
                dataPoints: [
                  { ...point, asDouble: -15.5 },
                  { ...point, attributes: name('integer'), asInt: '42' },
                  { ...point, attributes: name('large'), asInt: '-9007199254740993' },
                  { ...point, attributes: name('ended'), flags: 1 },
                  { ...point, attributes: name('infinite'), asDouble: 'Infinity' },
                ],
              },
            },
            {
              name: 'counter',
              unit: 'By',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [{ ...point, asDouble: 123.456, exemplars }],
              },
            },
            { name: 'balance', sum: { aggregationTemporality: 2, dataPoints: [{ ...point, asInt: '-7' }] } },
            {
              name: 'delta',
              sum: {
                aggregationTemporality: 1,
                isMonotonic: true,
                dataPoints: [{ ...point, asDouble: 3 }],
              },
            },
            {
              name: 'histogram',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  {
                    ...point,
                    count: '6',
                    sum: 10.5,
                    min: 0.5,
                    max: 7,
                    explicitBounds: [1, 5],
                    bucketCounts: ['1', '2', '3'],
                    exemplars,
                  },
                  { ...point, attributes: name('no buckets'), count: '3', sum: 1 },
                  { ...point, attributes: name('ended'), flags: 1 },
                ],
              },
            },
            {
              name: 'exponential',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...point,
                    count: '11',
                    sum: -3,
                    min: -8,
                    max: 8,
                    scale: 3,
                    zeroCount: '2',
                    zeroThreshold: 0.001,
                    positive: { offset: -4, bucketCounts: ['1', '0', '5'] },
                    negative: { offset: 2, bucketCounts: ['3'] },
                  },
                ],
              },
            },
            {
              name: 'summary',
              summary: {
                dataPoints: [
                  {
                    ...point,
                    count: '9',
                    sum: 4.5,
                    quantileValues: [
                      { quantile: 0.5, value: 1 },
                      { quantile: 0.99, value: 3 },
                    ],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
    {
      resource: { attributes: [{ key: 'host.name', value: { stringValue: 'n2' } }] },
      scopeMetrics: [
        { scope: {}, metrics: [{ name: 'gauge', gauge: { dataPoints: [{ ...point, asDouble: 1 }] } }] },
      ],
    },
  ],
}
const points = pointsOf([request]).length

/** Without what is 0 or empty anyway, and with members in one order. */
function comparable(requests: readonly RequestJson[]): unknown[] {
  return contentOf(requests).map((each) =>
    JSON.parse(JSON.stringify(each), (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
      const { count, ...rest } = value as Record<string, unknown>
      return count === undefined || count === '0' ? rest : { ...rest, count }
    }),
  )
}

const exporters: Readonly<Record<string, (receiver: TestReceiver) => object>> = {
  ...Object.fromEntries(
    ['gzip', 'zstd', 'snappy', 'none'].map((compression) => [
      `otlp_grpc/${compression}`,
      ({ grpcEndpoint }: TestReceiver) => ({
        endpoint: grpcEndpoint,
        tls: { insecure: true },
        compression,
        retry_on_failure: { enabled: false },
      }),
    ]),
  ),
  ...Object.fromEntries(
    ['proto', 'json'].flatMap((encoding) =>
      ['gzip', 'zstd', 'snappy', 'zlib', 'deflate', 'none'].map((compression) => [
        `otlp_http/${encoding}_${compression}`,
        ({ httpUrl }: TestReceiver) => ({
          metrics_endpoint: httpUrl,
          encoding,
          compression,
          retry_on_failure: { enabled: false },
        }),
      ]),
    ),
  ),
}

describe('a Collector sends every type of point, and it arrives as it was', () => {
  test('by each of its exporters and compressions', async () => {
    const receivers = new Map<string, TestReceiver>()
    await using stack = new AsyncDisposableStack()
    for (const id of Object.keys(exporters)) receivers.set(id, stack.use(await TestReceiver.start()))
    const configured = Object.entries(exporters).map(([id, make]) => {
      const receiver = receivers.get(id)
      if (receiver === undefined) throw new Error(`there is no receiver for ${id}`)
      return [id, make(receiver)] as const
    })
    const collector = stack.use(await CollectorSender.start(Object.fromEntries(configured)))
    const expected = comparable([request])
    for (let round = 1; round <= 2; round++) {
      expect(await collector.send(request)).toBe(true)
      for (const [id, { context }] of receivers) {
        await expect.poll(() => context.next.points, { message: id, timeout: 10_000 }).toBe(points)
        expect([id, comparable(requestsOf(context.next.batches.splice(0)))]).toEqual([id, expected])
      }
    }
  })
})
