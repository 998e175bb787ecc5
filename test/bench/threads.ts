/**
 * How far worker threads carry: with 0, 1, 2, ... workers the interval is shortened until Weir delivers less than 90 % of
 * what is due. Targets and sink are in this process and do next to nothing: bodies are
 * made beforehand, requests are thrown away.
 *
 *     npm run bench:threads -- [--workers 0,1,2] [--seconds 8] [--targets 32] [--series 5000] [--intervals 500,350]
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readUsage } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '0,1,2' },
    seconds: { type: 'string', default: '8' },
    targets: { type: 'string', default: '32' },
    series: { type: 'string', default: '5000' },
    // From one to the next the load grows by about 40 %.
    intervals: { type: 'string', default: '2000,1400,1000,700,500,350,250,180,130,90' },
  },
})

/** Who delivers less of what is due lags. */
const keepsUp = 0.9
/** What Linux counts CPU time in. */
const ticksPerSecond = 100

async function listen(server: Server): Promise<string> {
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Bodies that differ in their values alone. */
function bodies(series: number): readonly Buffer[] {
  return Array.from({ length: 4 }, (_, round) => {
    const lines = ['# TYPE app_requests_total counter\n']
    for (let index = 0; index < series; index++) {
      const labels = `handler="/api/v1/items/${index % 97}",code="${200 + (index % 5)}",shard="s-${index}"`
      lines.push(`app_requests_total{${labels}} ${index * 1000 + round * 17}.5\n`)
    }
    return Buffer.from(lines.join(''))
  })
}

function serveTarget(all: readonly Buffer[]): Server {
  let round = 0
  return createServer((_, response) => {
    const body = all[round++ % all.length]
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': body?.length })
    response.end(body)
  })
}

function serveSink(): Server {
  return createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(204).end())
  })
}

/** CPU seconds of each thread of a process by its name; threads of one name together. */
async function threadSeconds(pid: number): Promise<Map<string, number>> {
  const seconds = new Map<string, number>()
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const stat = await readFile(`/proc/${pid}/task/${task}/stat`, 'latin1').catch(() => '')
    if (stat === '') continue
    const name = task === String(pid) ? 'main' : stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const used = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    seconds.set(name, (seconds.get(name) ?? 0) + used)
  }
  return seconds
}

function sumOf(loads: readonly (readonly [thread: string, load: number])[]): number {
  return loads.reduce((total, [, load]) => total + load, 0)
}

/** The address of the program's own metrics, by its log. */
function metricsIn(log: string): string {
  return /"msg":"own metrics are served","location":"([^"]+)"/.exec(log)?.[1] ?? ''
}

interface Setting {
  readonly workers: number
  readonly intervalMs: number
  readonly addresses: readonly string[]
  readonly sink: string
}

function configuration({ workers, intervalMs, addresses, sink }: Setting): object {
  const interval = `${intervalMs}ms`
  return {
    receivers: {
      prometheus: {
        config: {
          global: { scrape_interval: interval, scrape_timeout: interval },
          scrape_configs: [{ job_name: 'bench', static_configs: [{ targets: addresses }] }],
        },
      },
    },
    exporters: { prometheus_remote_write: { endpoint: `http://${sink}/write` } },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      workers,
      extensions: ['health_check'],
      telemetry: {
        logs: { encoding: 'json' },
        metrics: {
          level: 'basic',
          readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0 } } } }],
        },
      },
      pipelines: { metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] } },
    },
  }
}

/** What was done in a window. */
interface Measurement {
  readonly rate: number
  readonly cpuPerMillion: number
  /** The share of a core that each thread used: the main thread, the workers, and all others together. */
  readonly main: number
  readonly workers: readonly number[]
  readonly others: number
  readonly residentMb: number
}

function lineOf(workers: number, intervalMs: number, measured: Measurement): string {
  const { rate, cpuPerMillion, main, workers: loads, others, residentMb } = measured
  return [
    workers,
    `${intervalMs} ms`,
    Math.round(rate),
    cpuPerMillion.toFixed(3),
    main.toFixed(2),
    loads.map((load) => load.toFixed(2)).join(' + ') || '-',
    others.toFixed(2),
    Math.round(residentMb),
  ].join(' | ')
}

/** Weir at work. A reload changes its interval, so that it knows its series when that is short. */
class Running implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #file: string
  #log = ''

  constructor(weir: string, file: string) {
    this.#file = file
    this.#child = spawn(process.execPath, [weir, '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
  }

  async line(message: string): Promise<void> {
    while (!this.#log.includes(`"msg":"${message}"`)) {
      if (this.#child.exitCode !== null) throw new Error(`Weir ended:\n${this.#log}`)
      await sleep(50)
    }
  }

  async reload(setting: Setting): Promise<void> {
    this.#log = this.#log.replaceAll('the new configuration runs', '')
    await writeFile(this.#file, JSON.stringify(configuration(setting)))
    this.#child.kill('SIGHUP')
    await this.line('the new configuration runs')
  }

  async measure(seconds: number): Promise<Measurement> {
    const before = await this.#look()
    await sleep(seconds * 1000)
    const after = await this.#look()
    const passed = (after.at - before.at) / 1000
    const samples = after.delivered - before.delivered
    const loads = Array.from(
      after.threads,
      ([name, end]) => [name, (end - (before.threads.get(name) ?? 0)) / passed] as const,
    )
    const workers = loads.filter(([name]) => name.startsWith('weir-worker'))
    const main = loads.filter(([name]) => name === 'main')
    return {
      rate: samples / passed,
      cpuPerMillion: (sumOf(loads) * passed * 1e6) / samples,
      main: sumOf(main),
      workers: workers.map(([, load]) => load),
      others: sumOf(loads) - sumOf(main) - sumOf(workers),
      residentMb: (await readUsage(this.#child.pid ?? 0)).rss,
    }
  }

  async #look() {
    const metrics = await (await fetch(metricsIn(this.#log))).text()
    const delivered = /^weir_exporter_delivered_points_total\{.*\} (\S+)$/m.exec(metrics)?.[1]
    return {
      at: performance.now(),
      delivered: Number(delivered),
      threads: await threadSeconds(this.#child.pid ?? 0),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

const folder = await mkdtemp(join(tmpdir(), 'weir-threads-'))
const all = bodies(Number(values.series))
const targets = Array.from({ length: Number(values.targets) }, () => serveTarget(all))
const sinkServer = serveSink()
try {
  const built = join(folder, 'dist')
  execFileSync(process.execPath, ['scripts/build.ts', built], { stdio: 'ignore' })
  const addresses = await Promise.all(targets.map(listen))
  const sink = await listen(sinkServer)
  const series = addresses.length * Number(values.series)
  console.log(`${cpus().length} cores; ${addresses.length} targets of ${values.series} series`)
  console.log(
    'workers | interval | samples/s | CPU s per million | main thread | workers | other threads | MB',
  )
  const file = join(folder, 'config.json')
  for (const workers of values.workers.split(',').map(Number)) {
    const [first = 0, ...shorter] = values.intervals.split(',').map(Number)
    const setting = { workers, intervalMs: first, addresses, sink }
    await writeFile(file, JSON.stringify(configuration(setting)))
    await using running = new Running(join(built, 'weir.js'), file)
    await running.line('everything runs')
    await sleep(3 * first)
    for (const intervalMs of [first, ...shorter]) {
      if (intervalMs !== first) await running.reload({ ...setting, intervalMs })
      await sleep(Math.max(2000, 2 * intervalMs))
      const measured = await running.measure(Number(values.seconds))
      const isLate = measured.rate * intervalMs < keepsUp * series * 1000
      console.log(`${lineOf(workers, intervalMs, measured)}${isLate ? ' | lags' : ''}`)
      if (isLate) break
    }
  }
} finally {
  for (const server of [...targets, sinkServer]) server.closeAllConnections()
  for (const server of [...targets, sinkServer]) server.close()
  await rm(folder, { recursive: true, force: true })
}
