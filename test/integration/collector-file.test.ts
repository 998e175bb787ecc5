import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { WeirProcess } from '../weir-process.ts'

const file = fileURLToPath(new URL('../fixtures/collector.yaml', import.meta.url))

/** What a test must change: ports that are free, and one collection, so that numbers stand still. */
const settings = [
  'receivers.hostmetrics.collection_interval=1h',
  'exporters.prometheus.endpoint=127.0.0.1:0',
  'extensions.health_check.endpoint=127.0.0.1:0',
  'service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]',
].flatMap((setting) => ['--set', setting])

interface ExposedSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

function parse(exposition: string): ExposedSeries[] {
  return exposition.split('\n').flatMap((line) => {
    const { name = '', labels = '' } = /^(?<name>\w+)\{(?<labels>.*)\} \S+$/.exec(line)?.groups ?? {}
    if (name === '') return []
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string> }]
  })
}

test('an existing file of the OpenTelemetry Collector is good as it is', async () => {
  await using weir = new WeirProcess(['validate', '--config', file])
  const { status, stdout, stderr } = await weir.end()
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toBe('the configuration is good\n')
})

test('it runs: host metrics through filter, attributes, resource and batch to prometheus and debug', async () => {
  await using weir = new WeirProcess(['--config', file, ...settings])
  const { url } = await weir.line('metrics are served')
  const series = await weir.until('as many series as the debug exporter was given', async () => {
    const found = parse(await (await fetch(String(url))).text()).filter(
      ({ name }) => name !== 'otel_target_info',
    )
    const lines = weir.logged('metrics').filter(({ component }) => component === 'debug')
    const shown = lines.reduce((sum, line) => sum + Number(line['data_points']), 0)
    return shown > 0 && found.length === shown ? found : undefined
  })
  const names = new Set(series.map(({ name }) => name))

  expect([...names]).toEqual(
    expect.arrayContaining([
      'otel_system_cpu_load_average_1m',
      'otel_system_cpu_logical_count',
      'otel_system_cpu_time_seconds_total',
      'otel_system_memory_usage_bytes',
      'otel_system_memory_utilization_ratio',
      'otel_system_network_io_bytes_total',
    ]),
  )
  // Not included, and included but excluded.
  expect([...names].filter((name) => /disk_merged|network_dropped|load_average_15m/.test(name))).toEqual([])

  const everywhere = { tier: 'infra', deployment_environment: 'staging', host_name: 'node-7' }
  for (const each of series) expect(each.labels).toMatchObject(everywhere)
  const edited = series.filter(({ labels }) => labels['site'] === 'eu-1' && labels['rack'] === '12')
  expect(new Set(edited.map(({ name }) => name))).toEqual(
    new Set(['otel_system_memory_usage_bytes', 'otel_system_cpu_logical_count']),
  )

  expect((await weir.admin('/')).status).toBe(200)

  const { status } = await weir.end('SIGTERM')
  expect(status).toBe(0)
  expect(weir.log.filter(({ level }) => level !== 'info')).toEqual([])
  expect(weir.logged('stopped')[0]).toMatchObject({ lost_points: 0 })
})

test('what it accepts is what it filters and delivers, by its own metrics', async () => {
  await using weir = new WeirProcess(['--config', file, ...settings])
  const points = await weir.until('a delivery of all that was collected', async () => {
    const own = await weir.metrics()
    const count = (name: string, labels: string): number =>
      Number(new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'm').exec(own)?.[1])
    const accepted = count('weir_receiver_accepted_points_total', 'component="hostmetrics"')
    const filtered = count(
      'weir_processor_dropped_points_total',
      'component="filter/wanted",pipeline="metrics",reason="filtered"',
    )
    const delivered = ['prometheus', 'debug'].map((exporter) =>
      count('weir_exporter_delivered_points_total', `component="${exporter}"`),
    )
    return accepted > 0 && delivered.includes(accepted - filtered)
      ? { accepted, filtered, delivered }
      : undefined
  })
  expect(points.filtered).toBeGreaterThan(0)
  expect(points.delivered).toEqual([points.accepted - points.filtered, points.accepted - points.filtered])
})
