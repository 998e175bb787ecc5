import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { readExposition } from '#src/testing/prometheus-text.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { PrometheusExporter } from '../../exporters/prometheus/prometheus-exporter.ts'
import { startExporter } from '../../exporters/prometheus/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort } from './mount-namespace.ts'

const counter = { kind: 'sum', monotonic: true } as const
const description = 'Help with a "quote", a \\ and a\nnewline.'
const scope = makeScope(makeResource(['service.name', 'shop', 'host.name', 'h1']), { name: 'meter' })

/** Every kind there is, and what may be hard to read. */
function everything(): Batch {
  const rows: [Series, number][] = [
    [series('plain.value', {}, { description }), 1.5],
    [
      series(
        'hostile.labels',
        {
          a: '"quoted"',
          b: 'back\\slash',
          c: 'new\nline',
          d: 'é€😀',
          e: '\ud800',
          f: 'x'.repeat(10_000),
          __proto__x: '1',
          '0': '2',
        },
        { description },
      ),
      1,
    ],
    [series('of.resource', { cpu: '0' }, { ...counter, unit: 's', description, scope }), 12_345.678],
    [series('exact', { n: 'int' }, { description }), 9_007_199_254_740_991],
    [series('exact', { n: 'large' }, { description }), 1e300],
    [series('exact', { n: 'small' }, { description }), 5e-324],
    [series('exact', { n: 'digits' }, { description }), 0.1 + 0.2],
    [series('exact', { n: 'negative' }, { description }), -1e-7],
    [series('exact', { n: 'inf' }, { description }), Infinity],
    [series('exact', { n: 'minus inf' }, { description }), -Infinity],
    [series('unknown', {}, { kind: 'unknown', description }), 3],
    [series('build_info', { version: '1' }, { kind: 'info', description }), 1],
    [series('parts', { le: '+Inf' }, { kind: 'histogram', role: 'bucket', description }), 4],
    [series('parts', { le: '2' }, { kind: 'histogram', role: 'bucket', description }), 3],
    [series('parts', {}, { kind: 'histogram', role: 'sum', description }), 5],
    [series('parts', {}, { kind: 'histogram', role: 'count', description }), 4],
    [series('points', { a: '1' }, { kind: 'histogram', unit: 's', description }), 0],
    [series('exponential', {}, { kind: 'exponential_histogram', description }), 0],
    [series('quantiles', {}, { kind: 'summary', description }), 0],
  ]
  const points = rows.map(([{ metric, role }]) =>
    role === 'none' ? pointsOf[metric.descriptor.kind] : undefined,
  )
  const exemplars = [2, 16].map((slot) => ({
    slot,
    value: 0.5,
    time: Date.now(),
    attributes: internAttributes(['trace_id', 'abc', 'span_id', 'def']),
  }))
  return batchOf(rows, { points, exemplars, time: Date.now(), startTime: Date.now() - 60_000 })
}

const totals = { count: 6, sum: 7.5, min: undefined, max: undefined }
const pointsOf: Partial<
  Record<Series['metric']['descriptor']['kind'], NonNullable<Batch['points']>[number]>
> = {
  histogram: { kind: 'histogram', ...totals, bounds: [0.5, 1, 10], counts: [1, 2, 3, 0] },
  exponential_histogram: {
    kind: 'exponential_histogram',
    ...totals,
    scale: 1,
    zeroCount: 1,
    zeroThreshold: 1e-9,
    positive: { offset: -1, counts: [2, 3] },
    negative: { offset: 0, counts: [] },
  },
  summary: {
    kind: 'summary',
    count: 3,
    sum: 4.5,
    quantiles: [
      { quantile: 0.5, value: 1 },
      { quantile: 1, value: 2 },
    ],
  },
}

const exporters: PrometheusExporter[] = []
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let prometheus: ChildProcess
let api: string
/** By the job that scrapes it. */
const urls: Record<string, string> = {}

beforeAll(async () => {
  folder = await temporaryFolder()
  const jobs = {
    text: {},
    text_with_times: { send_timestamps: true },
    open_metrics: { enable_open_metrics: true },
    open_metrics_full: { enable_open_metrics: true, created_samples: true, send_timestamps: true },
  }
  for (const [job, config] of Object.entries(jobs)) {
    const { exporter, url } = await startExporter(config)
    exporter.consume([everything()])
    exporters.push(exporter)
    urls[job] = url
  }
  const file = join(folder.path, 'prometheus.yaml')
  await writeFile(
    file,
    `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
${Object.entries(urls)
  .map(
    ([job, url]) =>
      `  - {job_name: ${job}, honor_labels: true, static_configs: [{targets: ['${new URL(url).host}'], labels: {via: ${job}}}]}`,
  )
  .join('\n')}
`,
  )
  const port = await freePort()
  api = `http://127.0.0.1:${port}/api/v1`
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    { stdio: 'ignore' },
  )
})

afterAll(async () => {
  prometheus.kill()
  await once(prometheus, 'exit')
  await Promise.all(exporters.map(async (exporter) => await exporter.stop()))
  await folder[Symbol.asyncDispose]()
})

interface Answer {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[]
  }
}

/** The series that a query finds: values by name and labels. */
async function query(text: string): Promise<Map<string, number>> {
  const response = await fetch(`${api}/query?query=${encodeURIComponent(text)}`)
  const { data } = (await response.json()) as Answer
  return new Map(
    data.result.map(({ metric, value }) => [keyOf(metric), Number(value[1].replace('Inf', 'Infinity'))]),
  )
}

/** Name and labels as one text, without what Prometheus adds itself: our own job is `shop`. */
function keyOf({ via: _via, instance: _instance, ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) => {
    if (name === 'job' && value !== 'shop') return []
    // Bounds are kept as they are written, which is not the same in both formats.
    const isBound = (name === 'le' || name === 'quantile') && value !== '+Inf'
    return [`${name}=${isBound ? Number(value) : value}`]
  })
  return pairs.toSorted().join()
}

test.each(['text', 'text_with_times'])('promtool accepts %s', async (job) => {
  const input = await (await fetch(urls[job] ?? '')).text()
  expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })).toBe('')
})

test.each(['text', 'text_with_times', 'open_metrics', 'open_metrics_full'])(
  'Prometheus scrapes %s, with the same values',
  async (job) => {
    await expect
      .poll(async () => [...(await query(`up{via="${job}"}`).catch(() => new Map())).values()], {
        timeout: 30_000,
      })
      .toEqual([1])
    const accept = job.startsWith('open') ? 'application/openmetrics-text;version=1.0.0' : 'text/plain'
    const { samples } = readExposition(await (await fetch(urls[job] ?? '', { headers: { accept } })).text())
    const written = new Map(
      samples.map(({ name, labels, value }) => [
        keyOf({ __name__: name, ...Object.fromEntries(labels) }),
        value,
      ]),
    )
    expect(written.size).toBe(samples.length)
    await expect
      .poll(async () => await query(`{via="${job}",__name__!~"up|scrape_.*"}`), { timeout: 10_000 })
      .toEqual(written)
  },
)

test('Prometheus takes the exemplars of counters and buckets', async () => {
  const range = `start=${Math.floor(Date.now() / 1000) - 600}&end=${Math.floor(Date.now() / 1000) + 600}`
  const found = async (): Promise<string[]> => {
    const response = await fetch(
      `${api}/query_exemplars?query=${encodeURIComponent('{via="open_metrics"}')}&${range}`,
    )
    const { data } = (await response.json()) as {
      data: { seriesLabels: Record<string, string>; exemplars: { labels: unknown; value: string }[] }[]
    }
    return data
      .map(
        ({ seriesLabels, exemplars }) =>
          `${seriesLabels['__name__']} ${JSON.stringify(exemplars[0]?.labels)} ${exemplars[0]?.value}`,
      )
      .toSorted()
  }
  await expect
    .poll(found, { timeout: 10_000 })
    .toEqual([
      'of_resource_seconds_total {"span_id":"def","trace_id":"abc"} 0.5',
      'points_seconds_bucket {"span_id":"def","trace_id":"abc"} 0.5',
    ])
})

test('Prometheus knows types and help', async () => {
  const response = await fetch(
    `${api}/targets/metadata?match_target=${encodeURIComponent('{via="open_metrics"}')}`,
  )
  const { data } = (await response.json()) as {
    data: { metric: string; type: string; help: string; unit: string }[]
  }
  const types = Object.fromEntries(data.map(({ metric, type, unit }) => [metric, [type, unit]]))
  expect(types).toMatchObject({
    of_resource_seconds: ['counter', 'seconds'],
    plain_value: ['gauge', ''],
    points_seconds: ['histogram', 'seconds'],
    quantiles: ['summary', ''],
    build: ['info', ''],
    target: ['info', ''],
    unknown: ['unknown', ''],
  })
  expect(data.find(({ metric }) => metric === 'plain_value')?.help).toBe(description)
})
