/**
 * RSS and CPU of Weir at rest beside node_exporter with the same six collectors: both are read once per interval, in
 * the same window. Weir runs from the bundle with configs/host.yaml's pipeline, and from source where there is no bundle.
 *
 *     npm run bench:idle -- [seconds of the window, 120] [interval in seconds, 15]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const windowSeconds = Number(process.argv[2] ?? 120)
const intervalSeconds = Number(process.argv[3] ?? 15)
const ticksPerSecond = 100
const collectors = ['cpu', 'meminfo', 'filesystem', 'netdev', 'netclass', 'loadavg', 'diskstats']

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** CPU seconds and resident MB of a process and of its children. */
async function usage(pid: number): Promise<{ cpu: number; rss: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  let cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  let rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '')
  for (const child of children.split(' ').filter((text) => text !== '')) {
    const part = await usage(Number(child)).catch(() => ({ cpu: 0, rss: 0 }))
    cpu += part.cpu
    rss += part.rss
  }
  return { cpu, rss }
}

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
const [metrics, admin, own, peer] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
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
const program = existsSync('dist/weir.js') ? 'dist/weir.js' : 'src/main.ts'
const running: Record<string, { child: ChildProcess; url: string }> = {
  [`weir (${program})`]: {
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
  const before = new Map<string, { cpu: number; rss: number }>()
  for (const [name, { child, url }] of Object.entries(running)) {
    await untilServed(url)
    before.set(name, await usage(child.pid ?? 0))
  }
  await sleep(intervalSeconds * 1000)
  const highest = new Map<string, number>()
  const start = Date.now()
  for (const [name, { child }] of Object.entries(running)) before.set(name, await usage(child.pid ?? 0))
  while (Date.now() - start < windowSeconds * 1000) {
    for (const [name, { child, url }] of Object.entries(running)) {
      await fetch(url).then(async (response) => response.arrayBuffer())
      const { rss } = await usage(child.pid ?? 0)
      highest.set(name, Math.max(highest.get(name) ?? 0, rss))
    }
    await sleep(intervalSeconds * 1000)
  }
  console.log(
    `${windowSeconds} s, read every ${intervalSeconds} s: CPU ms per cycle, resident MB at the end, highest resident MB`,
  )
  const cycles = (Date.now() - start) / 1000 / intervalSeconds
  for (const [name, { child }] of Object.entries(running)) {
    const { cpu, rss } = await usage(child.pid ?? 0)
    const spent = ((cpu - (before.get(name)?.cpu ?? 0)) * 1000) / cycles
    console.log(
      `${name.padEnd(24)} ${spent.toFixed(1).padStart(8)} ${rss.toFixed(0).padStart(6)} ${(highest.get(name) ?? 0).toFixed(0).padStart(6)}`,
    )
  }
} finally {
  for (const { child } of Object.values(running)) child.kill()
  await rm(folder, { recursive: true })
}
