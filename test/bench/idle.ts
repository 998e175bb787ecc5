/**
 * RSS and CPU of Weir at rest beside node_exporter with the same six collectors: both are read once per interval, in
 * the same window. Weir is bundled first and runs from there, as it is shipped; `--source` runs the source instead.
 *
 *     npm run bench:idle -- [--seconds 120] [--interval 15] [--source]
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePorts } from './free-port.ts'
import { readUsage, type Usage } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    interval: { type: 'string', default: '15' },
    source: { type: 'boolean', default: false },
  },
})
const windowSeconds = Number(values.seconds)
const intervalSeconds = Number(values.interval)
if (!(windowSeconds > 0 && intervalSeconds > 0))
  throw new Error('--seconds and --interval are numbers above 0')
const collectors = ['cpu', 'meminfo', 'filesystem', 'netdev', 'netclass', 'loadavg', 'diskstats']

async function untilServed(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const served = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (served) return
    await sleep(100)
  }
  throw new Error(`${url} is not served`)
}

const folder = await mkdtemp(join(tmpdir(), 'weir-idle-'))
const [metrics = 0, admin = 0, own = 0, peer = 0] = await freePorts(4)
await writeFile(
  join(folder, 'idle.yaml'),
  `
receivers:
  hostmetrics:
    collection_interval: ${intervalSeconds}s
    naming: prometheus
    scrapers: {cpu: {}, memory: {}, filesystem: {}, network: {}, load: {}, disk: {}}
processors:
  batch: {}
exporters:
  prometheus: {endpoint: 127.0.0.1:${metrics}}
extensions:
  health_check: {endpoint: 127.0.0.1:${admin}}
service:
  extensions: [health_check]
  telemetry: {logs: {level: warn}, metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${own}}}}}]}}
  pipelines:
    metrics: {receivers: [hostmetrics], processors: [batch], exporters: [prometheus]}
`,
)
const bundle = join(folder, 'dist')
if (!values.source) execFileSync(process.execPath, ['scripts/build.ts', bundle], { stdio: 'ignore' })
const program = values.source ? 'src/main.ts' : join(bundle, 'weir.js')
const running: Record<string, { child: ChildProcess; url: string }> = {
  [values.source ? 'Weir, from source' : 'Weir']: {
    child: spawn(process.execPath, [program, '--config', join(folder, 'idle.yaml')], { stdio: 'inherit' }),
    url: `http://127.0.0.1:${metrics}/metrics`,
  },
  node_exporter: {
    child: spawn(
      'prometheus-node-exporter',
      [
        `--web.listen-address=127.0.0.1:${peer}`,
        '--collector.disable-defaults',
        '--log.level=error',
        ...collectors.map((collector) => `--collector.${collector}`),
      ],
      { stdio: 'inherit' },
    ),
    url: `http://127.0.0.1:${peer}/metrics`,
  },
}
try {
  const before = new Map<string, Usage>()
  for (const [name, { child, url }] of Object.entries(running)) {
    await untilServed(url)
    before.set(name, await readUsage(child.pid ?? 0))
  }
  await sleep(intervalSeconds * 1000)
  const highest = new Map<string, number>()
  const start = Date.now()
  for (const [name, { child }] of Object.entries(running)) before.set(name, await readUsage(child.pid ?? 0))
  while (Date.now() - start < windowSeconds * 1000) {
    for (const [name, { child, url }] of Object.entries(running)) {
      await fetch(url).then(async (response) => response.arrayBuffer())
      const { rss } = await readUsage(child.pid ?? 0)
      highest.set(name, Math.max(highest.get(name) ?? 0, rss))
    }
    await sleep(intervalSeconds * 1000)
  }
  console.log(
    `${windowSeconds} s, read every ${intervalSeconds} s: CPU ms per cycle, resident MB at the end, highest resident MB`,
  )
  const cycles = (Date.now() - start) / 1000 / intervalSeconds
  for (const [name, { child }] of Object.entries(running)) {
    const { cpu, rss } = await readUsage(child.pid ?? 0)
    const spent = ((cpu - (before.get(name)?.cpu ?? 0)) * 1000) / cycles
    console.log(
      `${name.padEnd(24)} ${spent.toFixed(1).padStart(8)} ${rss.toFixed(0).padStart(6)} ${(highest.get(name) ?? 0).toFixed(0).padStart(6)}`,
    )
  }
} finally {
  for (const { child } of Object.values(running)) child.kill()
  await rm(folder, { recursive: true })
}
