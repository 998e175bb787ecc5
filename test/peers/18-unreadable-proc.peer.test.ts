import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort, MountNamespace, quoted, scraped, until } from './mount-namespace.ts'

const weir = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The command that runs Weir with all scrapers, served on a port; its log goes to a file. */
function weirCommand(port: number, log: string): string {
  const configuration = `yaml:
receivers:
  hostmetrics:
    collection_interval: 1s
    initial_delay: 0s
    naming: prometheus
    scrapers: { cpu: , memory: , load: , disk: , network: }
exporters: { prometheus: { endpoint: '127.0.0.1:${port}' } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { level: warn, encoding: json }, metrics: { level: none } }
  pipelines: { metrics: { receivers: [hostmetrics], exporters: [prometheus] } }
`
  return `${quoted(process.execPath)} ${quoted(weir)} --config ${quoted(configuration)} 2>${quoted(log)}`
}

/** Whether a collector succeeded. */
function success(values: ReadonlyMap<string, number>, collector: string): number | undefined {
  return values.get(`node_scrape_collector_success{collector="${collector}"}`)
}

test('files of /proc that cannot be read take away no more than themselves, and are told once', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const log = join(folder.path, 'log')
  await writeFile(join(folder.path, 'short'), 'MemTotal:  1000 kB\nMemFr')
  await using _ = new MountNamespace(`
    mount --bind /proc/sys/net/ipv4/route/flush /proc/stat
    mount --bind ${quoted(join(folder.path, 'short'))} /proc/meminfo
    ${weirCommand(port, log)}
  `)
  const values = await until('all collectors', async () => {
    const served = await scraped(port)
    const collectors = [...(served?.keys() ?? [])].filter((key) =>
      key.startsWith('node_scrape_collector_success'),
    )
    return collectors.length === 6 ? served : undefined
  })
  expect(success(values, 'cpu')).toBe(0)
  expect(success(values, 'meminfo')).toBe(0)
  for (const collector of ['loadavg', 'diskstats', 'netdev', 'netclass'])
    expect(success(values, collector)).toBe(1)
  expect(values.has('node_load1{}')).toBe(true)
  expect([...values.keys()].some((key) => /^node_(cpu|memory)_/.test(key))).toBe(false)

  // Some cycles later there is still one line for each.
  const first = values.get('node_scrape_collector_duration_seconds{collector="loadavg"}')
  await until('another cycle', async () => {
    const again = (await scraped(port))?.get('node_scrape_collector_duration_seconds{collector="loadavg"}')
    return again === first ? undefined : again
  })
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  const told = lines.map((line) => JSON.parse(line) as { msg: string; reason: string })
  expect(told.map(({ msg, reason }) => `${msg}: ${reason}`).toSorted()).toEqual([
    '/proc/meminfo cannot be read: its metrics are missing: malformed',
    '/proc/stat cannot be read: its metrics are missing: permission_denied',
  ])
})
