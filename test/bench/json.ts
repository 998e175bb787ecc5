/**
 * CPU seconds per million samples of both formats of the JSON exporter, beside the official serializer of OTLP/JSON on
 * the same data: 200,000 series of 200 metrics, values that all change. Encoding alone, then through the exporter into a
 * file.
 *
 *     npm run bench:json
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ValueType } from '@opentelemetry/api'
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { systemClock } from '#src/component/clock.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import type { Encoding } from '../../exporters/json/encoding.ts'
import json from '../../exporters/json/index.ts'
import { LinesEncoding } from '../../exporters/json/lines-encoding.ts'
import { OtlpEncoding } from '../../exporters/json/otlp-encoding.ts'

const families = 200
const seriesPerFamily = 1000
const samples = families * seriesPerFamily
const rounds = 7

function attributesOf(index: number): Record<string, string> {
  return {
    container: `app-${index % 7}`,
    namespace: `namespace-${index % 40}`,
    pod: `pod-${index}-7d9f8c6b5d`,
  }
}

const scope = makeScope(makeResource(['host.name', 'host-1', 'os.type', 'linux']), { name: 'bench' })
const metrics = Array.from(
  { length: families },
  (_, index) =>
    new Metric(`container_network_receive_metric_${index}`, makeDescriptor({ kind: 'gauge' }), scope),
)
const table = new SlotTable(new Source('bench', ''))
for (const metric of metrics) {
  for (let index = 0; index < seriesPerFamily; index++) {
    table.add(new Series(metric, internAttributes(Object.entries(attributesOf(index)).flat())))
  }
}
const layout = table.commit()
let now = 1_700_000_000_000

/** Half whole numbers, half decimals, another value each time. */
function valueOf(slot: number): number {
  return slot % 2 === 0 ? (slot * 977 + now) % 1e9 : ((slot * 31 + now) % 1e6) / 1000
}

function nextBatch(): Batch {
  now += 15_000
  return new Batch(layout, {
    time: now,
    values: Float64Array.from({ length: samples }, (_, slot) => valueOf(slot)),
  })
}

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The least CPU seconds per million samples of several rounds, since other work on the machine only adds; the first rounds warm up. */
async function measure(work: () => Promise<number> | number): Promise<{ seconds: number; bytes: number }> {
  const seconds: number[] = []
  let bytes = 0
  for (let round = 0; round < rounds + 2; round++) {
    const before = cpu()
    bytes = await work()
    if (round >= 2) seconds.push(((cpu() - before) / samples) * 1e6)
  }
  return { seconds: Math.min(...seconds), bytes: bytes / samples }
}

function encodeAll(encoding: Encoding, batch: Batch): number {
  let bytes = 0
  for (const slice of encoding.encode([batch])) bytes += slice.bytes.length
  return bytes
}

function officialMetrics(): MetricData[] {
  return metrics.map(({ name }, family) => ({
    descriptor: { name, description: '', unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: Array.from({ length: seriesPerFamily }, (_, index) => ({
      startTime: [0, 0],
      endTime: [now / 1000, 0],
      attributes: attributesOf(index),
      value: valueOf(family * seriesPerFamily + index),
    })),
  }))
}

async function measureExporter(format: 'otlp' | 'lines'): ReturnType<typeof measure> {
  const path = join(folder, format)
  const ledger = new Ledger()
  const exporter = json.create(
    {
      path,
      format,
      append: false,
      create_directory: false,
      directory_permissions: '0755',
      compression: 'none',
      flush_interval: 0,
      fsync: 'never',
      fsync_interval: 5000,
      queue: { max_megabytes: 512, when_full: 'refuse' },
    },
    {
      id: 'json',
      logger: silentLogger,
      clock: systemClock,
      signal: new AbortController().signal,
      ledger,
      report: () => undefined,
    },
  )
  await exporter.start?.()
  let written = 0
  const measured = await measure(async () => {
    const delivered = ledger.delivered + samples
    if (!exporter.consume([nextBatch()])) throw new Error('the queue is large enough')
    while (ledger.delivered < delivered) await new Promise((resolve) => setTimeout(resolve, 5))
    return (await stat(path)).size / ++written
  })
  await exporter.stop?.(AbortSignal.timeout(10_000))
  return measured
}

const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
const lines = new LinesEncoding()
const otlp = new OtlpEncoding()
const resource = resourceFromAttributes({ 'host.name': 'host-1', 'os.type': 'linux' })
const scopeMetrics = [{ scope: { name: 'bench' }, metrics: officialMetrics() }]
const results = {
  'lines, encoding': await measure(() => encodeAll(lines, nextBatch())),
  'otlp, encoding': await measure(() => encodeAll(otlp, nextBatch())),
  'official OTLP/JSON serializer': await measure(
    () => JsonMetricsSerializer.serializeRequest({ resource, scopeMetrics })?.length ?? 0,
  ),
  'lines, into a file': await measureExporter('lines'),
  'otlp, into a file': await measureExporter('otlp'),
}
for (const [name, { seconds, bytes }] of Object.entries(results)) {
  console.log(
    `${name.padEnd(44)} ${seconds.toFixed(2)} CPU s per million samples, ${bytes.toFixed(0)} bytes each`,
  )
}
await rm(folder, { recursive: true })
