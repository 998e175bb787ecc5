import { expect, test } from 'vitest'
import type { Configuration } from '#src/config/configuration.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { Secret } from '#src/config/secret.ts'
import { pack, unpack } from './portable-configuration.ts'

async function read(text: string): Promise<Configuration> {
  const { configuration, findings } = await readConfiguration({
    files: [`yaml:${text}`],
    sets: [],
    strict: false,
    environment: {},
  })
  if (configuration === undefined) throw new Error(findings.map((finding) => finding.text).join('\n'))
  return configuration
}

const text = `
receivers:
  prometheus:
    config:
      scrape_configs:
        - { job_name: a, basic_auth: { username: u, password: canary-1 }, static_configs: [ { targets: ["h:1"], labels: { __proto__: x } } ] }
        - { job_name: b, authorization: { credentials: canary-2 } }
  hostmetrics: { scrapers: { load: } }
processors: { batch: }
exporters: { prometheus_remote_write: { endpoint: "http://localhost/w" }, debug: }
service:
  workers: 2
  telemetry:
    metrics: { readers: [ { periodic: { exporter: { otlp: { endpoint: "http://h:1", headers: { a: canary-3 } } } } } ] }
  pipelines: { metrics: { receivers: [prometheus], processors: [batch], exporters: [prometheus_remote_write] } }
`

test('a configuration goes to another thread and back: options as they were, secrets as secrets', async () => {
  const before = await read(text)
  const after = await unpack(structuredClone(pack(before)))
  expect(after.pipelines).toEqual(before.pipelines)
  expect(after.workers).toBe(2)
  for (const section of ['receivers', 'processors', 'exporters'] as const) {
    for (const [id, config] of after[section]) {
      const same = before[section].get(id)
      expect(config).toMatchObject({ id, path: same?.path, fingerprint: same?.fingerprint })
      expect(config.options).toEqual(same?.options)
      expect(config.definition).toBe(same?.definition)
    }
  }
  const options = after.receivers.get('prometheus')?.options as {
    config: { scrape_configs: readonly object[] }
  }
  expect(options.config.scrape_configs).toMatchObject([
    { basic_auth: { password: expect.any(Secret) as Secret } },
    { authorization: { credentials: expect.any(Secret) as Secret } },
  ])
  expect(JSON.stringify(options)).not.toContain('canary')
  expect(Object.getPrototypeOf(options.config.scrape_configs[0])).toBeNull()
})

test('what the pipelines do not use stays, and so do the secrets of own telemetry', async () => {
  const packed = pack(await read(text))
  expect(packed.components.map(({ id }) => id)).toEqual(['prometheus', 'batch', 'prometheus_remote_write'])
  expect(JSON.stringify(packed.rest)).not.toContain('canary-3')
  expect(packed.rest.telemetry.metrics).toEqual({ level: 'none', readers: [] })
})
