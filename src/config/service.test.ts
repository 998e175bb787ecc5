import { describe, expect, test } from 'vitest'
import type { TelemetryConfig } from './configuration.ts'
import { readConfiguration, type ConfigurationReading } from './read-configuration.ts'
import { Secret } from './secret.ts'

async function readTelemetry(telemetry: string): Promise<ConfigurationReading> {
  const text = `
receivers: { hostmetrics: { scrapers: { load: } } }
exporters: { debug: }
service:
  pipelines: { metrics: { receivers: [hostmetrics], exporters: [debug] } }
  telemetry:
${telemetry.replace(/^/gm, '    ')}`
  return readConfiguration({ files: [`yaml:${text}`], sets: [], strict: false, environment: {} })
}

/** The settings, and what was warned about. */
async function telemetryOf(telemetry: string): Promise<[TelemetryConfig | undefined, ...string[]]> {
  const { configuration, findings } = await readTelemetry(telemetry)
  return [
    configuration?.telemetry,
    ...findings.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`),
  ]
}

describe('service.telemetry', () => {
  test('has the defaults of the Collector', async () => {
    const [telemetry, ...warnings] = await telemetryOf('')
    expect(warnings).toEqual([])
    expect(telemetry).toEqual({
      logs: { level: 'info', encoding: 'console', initialFields: {} },
      metrics: { level: 'normal', readers: [{ kind: 'prometheus', host: '127.0.0.1', port: 8888 }] },
      resource: {},
    })
  })

  test('sets the log', async () => {
    const [telemetry] = await telemetryOf(
      'logs: { level: DEBUG, encoding: json, initial_fields: { site: north, rack: 07 } }',
    )
    expect(telemetry?.logs).toEqual({
      level: 'debug',
      encoding: 'json',
      initialFields: { site: 'north', rack: '07' },
    })
  })

  test('sets readers', async () => {
    const [telemetry, ...warnings] = await telemetryOf(`
metrics:
  level: Detailed
  readers:
    - pull: { exporter: { prometheus: { host: 0.0.0.0, port: 9999 } } }
    - pull: { exporter: { prometheus: } }
    - periodic: { exporter: { otlp: { endpoint: "http://a:4317", headers: { x: y } } } }
    - periodic:
        interval: 5000
        timeout: 400
        exporter: { otlp: { protocol: grpc, endpoint: "a:4317", headers: [{ name: x, value: y }] } }
    - periodic: { exporter: { otlp: { endpoint: "a:4317", insecure: true, timeout: 700 } } }
    - periodic: { exporter: { otlp: { endpoint: "https://a:4317" } } }`)
    const pushed = { kind: 'otlp_grpc', intervalMs: 60_000, timeoutMs: 10_000, headers: {}, insecure: false }
    expect(warnings).toEqual([])
    expect(telemetry?.metrics).toEqual({
      level: 'detailed',
      readers: [
        { kind: 'prometheus', host: '0.0.0.0', port: 9999 },
        { kind: 'prometheus', host: '127.0.0.1', port: 8888 },
        { ...pushed, endpoint: 'http://a:4317', insecure: true, headers: { x: new Secret('y') } },
        {
          ...pushed,
          endpoint: 'https://a:4317',
          intervalMs: 5000,
          timeoutMs: 400,
          headers: { x: new Secret('y') },
        },
        { ...pushed, endpoint: 'http://a:4317', insecure: true, timeoutMs: 700 },
        { ...pushed, endpoint: 'https://a:4317' },
      ],
    })
    const [, , third] = telemetry?.metrics.readers ?? []
    expect(
      third?.kind === 'otlp_grpc' && third.headers['x'] instanceof Secret && third.headers['x'].reveal(),
    ).toBe('y')
  })

  test('sets the resource as a mapping or as a list', async () => {
    const resources = [
      'resource: { service.name: a, count: 01, service.instance.id: null }',
      'resource: { attributes: [{ name: service.name, value: a }, { name: count, value: 01 }] }',
      'resource: { attributes_list: "service.name=a,count=b", attributes: [{ name: count, value: 01 }] }',
    ]
    for (const resource of resources) {
      const [telemetry, ...warnings] = await telemetryOf(resource)
      expect([telemetry?.resource, ...warnings]).toEqual([{ 'service.name': 'a', count: '01' }])
    }
  })

  test('turns metrics off', async () => {
    const [telemetry] = await telemetryOf('metrics: { level: none, readers: [] }')
    expect(telemetry?.metrics).toEqual({ level: 'none', readers: [] })
  })

  test('takes the address that older Collectors took', async () => {
    const [telemetry, ...warnings] = await telemetryOf('metrics: { address: "0.0.0.0:8889" }')
    expect(telemetry?.metrics.readers).toEqual([{ kind: 'prometheus', host: '0.0.0.0', port: 8889 }])
    expect(warnings).toEqual([
      'metrics.address: this is deprecated. Where own metrics are served; use readers instead.',
    ])
  })

  test('warns about what the Collector takes and has no effect here', async () => {
    const [telemetry, ...warnings] = await telemetryOf(`
logs: { level: warn, development: true, sampling: { enabled: false }, output_paths: [stdout], disable_caller: true }
metrics: { readers: [{ pull: { exporter: { prometheus: { without_units: true } } } }], views: [] }
traces: { processors: [] }
resource: { schema_url: x, attributes: [] }`)
    expect(telemetry).toBeDefined()
    expect(warnings.map((each) => each.split(':')[0])).toEqual([
      'logs.development',
      'logs.sampling',
      'logs.output_paths',
      'logs.disable_caller',
      'metrics.readers.0.pull.exporter.prometheus.without_units',
      'metrics.views',
      'traces',
      'resource.schema_url',
    ])
  })

  test.each([
    ['metrics: { readers: [] }', 'metrics.readers: must not be empty; level: none turns own metrics off'],
    ['metrics: { readers: [{}] }', 'metrics.readers.0: expected one of pull and periodic'],
    [
      'metrics: { readers: [{ pull: { exporter: { prometheus: } }, periodic: { exporter: { otlp: { endpoint: a } } } }] }',
      'metrics.readers.0: expected one of pull and periodic',
    ],
    [
      'metrics: { readers: [{ pull: { exporter: { otlp: } } }] }',
      'metrics.readers.0.pull.exporter.otlp: unknown key; known here: prometheus',
    ],
    [
      'metrics: { readers: [{ pull: { exporter: { prometheus: { port: 70000 } } } }] }',
      'metrics.readers.0.pull.exporter.prometheus.port: must be at most 65535, found 70000',
    ],
    [
      'metrics: { readers: [{ periodic: { exporter: { otlp: { endpoint: a, protocol: http/protobuf } } } }] }',
      'metrics.readers.0.periodic.exporter.otlp.protocol: own metrics are pushed by grpc, not by http/protobuf',
    ],
    [
      'metrics: { readers: [{ periodic: { exporter: { otlp: } } }] }',
      'metrics.readers.0.periodic.exporter.otlp: endpoint is missing: Where to push to, as in http://collector:4317',
    ],
    [
      'metrics: { address: here }',
      'metrics.address: "here" is no endpoint: expected host:port, as in localhost:9464',
    ],
    [
      'metrics: { address: ":1", readers: [{ pull: { exporter: { prometheus: } } }] }',
      'metrics.address: goes with no readers: remove one',
    ],
    ['resource: { attributes_list: a }', 'resource.attributes_list: expected name=value,name=value'],
    ['logs: { level: loud }', 'logs.level: expected "debug", "info", "warn" or "error", found "loud"'],
  ])('%s', async (telemetry, message) => {
    const [settings, ...found] = await telemetryOf(telemetry)
    expect(settings).toBeUndefined()
    expect(found).toContain(message)
  })
})
