import { fileURLToPath } from 'node:url'
import { quoted, scraped } from './mount-namespace.ts'

const weir = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The command that measures a host by some scrapers each second, and serves that as node_exporter does. */
export function weirCommand(port: number, scrapers: readonly string[], rootPath = ''): string {
  const configuration = `yaml:
receivers:
  hostmetrics:
    collection_interval: 1s
    initial_delay: 0s
    root_path: ${JSON.stringify(rootPath)}
    naming: prometheus
    scrapers: { ${scrapers.map((name) => `${name}: `).join(', ')} }
exporters: { prometheus: { endpoint: '127.0.0.1:${port}' } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { level: error }, metrics: { level: none } }
  pipelines: { metrics: { receivers: [hostmetrics], exporters: [prometheus] } }
`
  return `${quoted(process.execPath)} ${quoted(weir)} --config ${quoted(configuration)}`
}

/** What is served, once there are file systems in it. */
export async function measured(port: number): Promise<ReadonlyMap<string, number> | undefined> {
  const values = await scraped(port)
  const names = [...(values?.keys() ?? [])]
  return names.some((name) => name.startsWith('node_filesystem_')) ? values : undefined
}

/** The values of one metric by mount point under a folder. */
export function valuesOf(
  values: ReadonlyMap<string, number>,
  metric: string,
  folder: string,
): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [key, value] of values) {
    const [, name, label] = /^(\w+)\{.*mountpoint=("(?:[^"\\]|\\.)*")/.exec(key) ?? []
    const mountPoint = String(JSON.parse(label ?? '""'))
    if (name === `node_filesystem_${metric}` && mountPoint.startsWith(folder))
      found[mountPoint.slice(folder.length + 1)] = value
  }
  return found
}
