import { fileURLToPath } from 'node:url'

/** The plugins in `test/fixtures`, as a configuration names them. */
export const plugins = ['numbers', 'acknowledged', 'notebook', 'rogue', 'mortal'].map((name) =>
  fileURLToPath(new URL(`fixtures/plugins/${name}.ts`, import.meta.url)),
)

/** What a test may say of a configuration of test plugins; every section is JSON, which is YAML. */
export interface PluginConfiguration {
  readonly receivers?: Readonly<Record<string, object>>
  readonly processors?: Readonly<Record<string, object>>
  readonly exporters: Readonly<Record<string, object>>
  readonly pipelines?: Readonly<Record<string, object>>
  readonly service?: object
  /** Where the admin server listens. */
  readonly admin?: string
}

/** A configuration that listens only where the system chooses: `numbers` into all its exporters, unless said otherwise. */
export function pluginConfiguration({
  receivers = { numbers: {} },
  processors = {},
  exporters,
  pipelines,
  service = {},
  admin = '127.0.0.1:0',
}: PluginConfiguration): string {
  const whole = {
    plugins,
    receivers,
    processors,
    exporters,
    extensions: { health_check: { endpoint: admin } },
    service: {
      extensions: ['health_check'],
      telemetry: {
        logs: { encoding: 'json' },
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0 } } } }] },
      },
      pipelines: pipelines ?? {
        metrics: {
          receivers: Object.keys(receivers),
          processors: Object.keys(processors),
          exporters: Object.keys(exporters),
        },
      },
      ...service,
    },
  }
  return `${JSON.stringify(whole, undefined, 2)}\n`
}
