/**
 * What reading OTLP requests into batches costs: CPU seconds per million data points, first, in the steady state, and with
 * series replaced in every cycle; beside the decoding of the same bytes by protobufjs, which is what JavaScript has for it
 * otherwise (OpenTelemetry's packages only write requests), and their writing by OpenTelemetry's serializer.
 *
 *     npm run bench:otlp-decode
 */
import { ValueType } from '@opentelemetry/api'
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import protobuf from 'protobufjs'
import { Arrivals } from '#src/arrivals/arrivals.ts'
import type { Context } from '#src/otlp/decode/contexts.ts'
import { transcodeJson } from '#src/otlp/decode/json-transcoder.ts'
import { MetricsDecoder } from '#src/otlp/decode/metrics-decoder.ts'

const rounds = 15
const requests = 40
const perMetric = 40
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type Shape = 'few attributes' | 'many attributes' | 'histograms'

/** The attributes of a data point; `generation` makes another series of it. */
function attributesOf(shape: Shape, request: number, point: number, generation: number) {
  if (shape !== 'many attributes') return { cpu: `${point}`, mode: `mode-${generation}` }
  const id = `${(point * 0x9e3779b1).toString(16)}${(request * 0x85ebca6b).toString(16)}-${generation}`
  return {
    container: `checkout-${point % 7}`,
    id: `/kubepods.slice/kubepods-burstable.slice/pod${id}.slice/cri-containerd-${id}.scope`,
    image: `registry.example.com/shop/checkout-${point % 13}:v1.${point % 5}.0`,
    name: `${id}${id}`,
    namespace: `shop-${point % 40}`,
    pod: `checkout-service-${point >> 1}-7d9f8c6b5d-x${request}k2p`,
  }
}

/** One request as the SDK hands it to its exporters: 25 metrics of 40 series. */
function metricsOf(shape: Shape, request: number, cycle: number, churn: number): ResourceMetrics {
  const endTime: [number, number] = [1_700_000_000 + cycle * 15, 123_456_789]
  const startTime: [number, number] = [1_600_000_000, 1]
  const metrics = Array.from({ length: 25 }, (_, metric) => {
    const dataPoints = Array.from({ length: perMetric }, (_point, point) => {
      const replaced = (point * 25 + metric) % 1000 < churn * 1000
      const value = cycle * 1000 + point + request / 7
      const attributes = attributesOf(shape, request, point, replaced ? cycle : 0)
      if (shape !== 'histograms') return { attributes, startTime, endTime, value }
      const counts = [...bounds.map((bound) => Math.floor(value * bound)), 1]
      const histogram = { buckets: { boundaries: bounds, counts }, count: 100 + cycle, sum: value }
      return { attributes, startTime, endTime, value: histogram }
    })
    return {
      descriptor: {
        name: `container_network_receive_packets_${metric}_total`,
        description: 'What it is.',
        unit: 'By',
        valueType: ValueType.DOUBLE,
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: shape === 'histograms' ? DataPointType.HISTOGRAM : DataPointType.SUM,
      isMonotonic: true,
      dataPoints,
    } as unknown as MetricData
  })
  return {
    resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': `${request}` }),
    scopeMetrics: [{ scope: { name: 'bench', version: '1.0.0' }, metrics }],
  }
}

/** The schema, as far as these requests need it, for protobufjs. */
const schema = `
syntax = "proto3";
message Request { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped = 4; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Sum sum = 7; Histogram histogram = 9; } }
message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; } uint32 flags = 8;
}
message HistogramPoint {
  repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; uint32 flags = 10;
  optional double min = 11; optional double max = 12;
}`
const requestType = protobuf.parse(schema).root.lookupType('Request')

/** CPU seconds that a call takes. */
function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

interface Result {
  readonly what: string
  readonly secondsPerMillion: number
}

/** Measures one shape of data. */
function measure(shape: Shape, churn: number): Result[] {
  const points = requests * 25 * perMetric
  const decoder = new MetricsDecoder(
    new Arrivals<Context>({ receiver: 'bench', maxSeries: 1e6, idleMs: 120_000, forget: () => undefined }),
  )
  const times: Record<string, number[]> = {}
  const note = (what: string, seconds: number) => (times[what] ??= []).push((seconds / points) * 1e6)
  for (let cycle = 0; cycle < rounds; cycle++) {
    const all = Array.from({ length: requests }, (_, request) => metricsOf(shape, request, cycle, churn))
    let bodies: Buffer[] = []
    note(
      'serializer of OpenTelemetry (writing)',
      cpuSeconds(() => {
        bodies = all.map((each) => Buffer.from(ProtobufMetricsSerializer.serializeRequest(each) ?? []))
      }),
    )
    const json = all.map((each) => Buffer.from(JsonMetricsSerializer.serializeRequest(each) ?? []))
    const arrival = { monotonic: cycle * 15_000, unix: 1_700_000_000_000 }
    let taken = 0
    const seconds = cpuSeconds(() => {
      for (const body of bodies)
        taken += decoder.decode(body, arrival).batches.reduce((sum, { size }) => sum + size, 0)
    })
    if (taken !== points) throw new Error(`${taken} points of ${points} were taken`)
    note(cycle === 0 ? 'Weir, first' : 'Weir', seconds)
    note(
      'protobufjs',
      cpuSeconds(() => {
        for (const body of bodies) requestType.decode(body)
      }),
    )
    note(
      'JSON in Weir, to protobuf',
      cpuSeconds(() => {
        for (const body of json) transcodeJson(body)
      }),
    )
    note(
      'JSON.parse',
      cpuSeconds(() => {
        for (const body of json) JSON.parse(body.toString())
      }),
    )
  }
  return Object.entries(times).map(([what, all]) => ({ what, secondsPerMillion: median(all) }))
}

for (const shape of ['few attributes', 'many attributes', 'histograms'] as const) {
  for (const churn of [0, 0.01]) {
    const results = measure(shape, churn)
    const other = results.find(({ what }) => what === 'protobufjs')?.secondsPerMillion ?? Number.NaN
    process.stdout.write(`\n${shape}, ${churn * 100} % of series replaced in every cycle\n`)
    for (const { what, secondsPerMillion } of results) {
      const ratio = (secondsPerMillion / other).toFixed(3)
      process.stdout.write(`  ${what.padEnd(40)} ${secondsPerMillion.toFixed(3).padStart(8)} s/M  ${ratio}\n`)
    }
  }
}
