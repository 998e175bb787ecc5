import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort } from './mount-namespace.ts'
import { here, type Place } from './place.ts'

/** Samples of a series: by Unix time in milliseconds the value, as a text that Go writes. */
export type HeldSamples = ReadonlyMap<number, string>

/** What a peer holds: by the labels of a series, as JSON of sorted pairs, its samples. */
export type HeldSeries = ReadonlyMap<string, HeldSamples>

/** A kind of real receiver. */
export interface PeerKind {
  readonly command: string
  /** @param address to listen on, with its port */
  readonly arguments: (folder: string, address: string) => readonly string[]
  /** What is under its URL of requests. */
  readonly writePath: string
  readonly readyPath: string
  /** Reads everything that it holds. */
  readonly held: (peer: RemoteWritePeer) => Promise<HeldSeries>
  /** What it keeps of a value. */
  readonly stored: (value: number) => number
  /** Counters of its own that must stay 0. */
  readonly troubles: readonly string[]
}

/** A real receiver of remote write, in a folder of its own. */
export class RemoteWritePeer implements AsyncDisposable {
  readonly url: string
  readonly #kind: PeerKind
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #command: readonly string[]
  #process: ChildProcess | undefined
  #output = ''

  private constructor(
    kind: PeerKind,
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
    { host, enter }: Place,
    port: number,
  ) {
    const address = `${host}:${port}`
    this.#kind = kind
    this.#folder = folder
    this.#command = [...enter, kind.command, ...kind.arguments(folder.path, address)]
    this.url = `http://${address}`
  }

  /** @param configuration of a Prometheus, which may scrape as well */
  static async start(kind: PeerKind, configuration = 'global: {}\n', place = here): Promise<RemoteWritePeer> {
    const peer = new RemoteWritePeer(kind, await temporaryFolder(), place, await freePort())
    await writeFile(join(peer.#folder.path, 'prometheus.yml'), configuration)
    await peer.resume()
    return peer
  }

  get writeUrl(): string {
    return this.url + this.#kind.writePath
  }

  /** Starts it, again after a kill with the data that it had. */
  async resume(): Promise<void> {
    const [command = '', ...args] = this.#command
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    this.#process = child
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) throw new Error(`the peer did not start: ${this.#output}`)
      const answer = await fetch(this.url + this.#kind.readyPath).catch(() => undefined)
      if (answer?.ok === true) return
      await sleep(100)
    }
    throw new Error(`the peer is not ready: ${this.#output}`)
  }

  /** Ends it, unless another signal says so without a chance to say goodbye: some lose then what they acknowledged. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  async held(): Promise<HeldSeries> {
    return await this.#kind.held(this)
  }

  /** Asks for JSON. */
  async get<Body>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Body> {
    const url = new URL(path, this.url)
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const answer = await fetch(url)
    if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Body
  }

  /** The result of an instant query. */
  async query<Result>(query: string, time: number): Promise<Result[]> {
    const { data } = await this.get<{ data: { result: Result[] } }>('/api/v1/query', {
      query,
      time: String(time / 1000),
    })
    return data.result
  }

  /** Its counters of trouble that are not 0. */
  async troubles(): Promise<string[]> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    return text
      .split('\n')
      .filter((line) => this.#kind.troubles.some((name) => line.startsWith(name)) && !line.endsWith(' 0'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** Labels as a key. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Prometheus as a receiver. */
export function prometheus(command: string, more: readonly string[] = []): PeerKind {
  return {
    command,
    arguments: (folder, address) => [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-remote-write-receiver',
      '--query.lookback-delta=5m',
      ...more,
    ],
    writePath: '/api/v1/write',
    readyPath: '/-/ready',
    stored: (value) => value,
    troubles: [
      'prometheus_tsdb_out_of_order_samples_total',
      'prometheus_tsdb_out_of_bound_samples_total',
      'prometheus_tsdb_too_old_samples_total',
      'prometheus_tsdb_exemplar_out_of_order_exemplars_total',
      'prometheus_api_remote_write_invalid_labels_samples_total',
      'prometheus_target_scrapes_sample_duplicate_timestamp_total',
    ],
    async held(peer) {
      const held = new Map<string, HeldSamples>()
      // All samples as they are: an instant query of a range. It leaves out stale markers.
      const all = await peer.query<{
        metric: Record<string, string>
        values?: readonly (readonly [number, string])[]
      }>('{__name__!=""}[1h]', Date.now() + 60_000)
      for (const { metric, values = [] } of all)
        held.set(keyOf(metric), new Map(values.map(([time, value]) => [Math.round(time * 1000), value])))
      return held
    },
  }
}

/** VictoriaMetrics as a receiver. */
export function victoriaMetrics(command: string): PeerKind {
  return {
    command,
    arguments: (folder, address) => [
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=${address}`,
      '-retentionPeriod=1y',
      '-inmemoryDataFlushInterval=1s',
    ],
    writePath: '/api/v1/write',
    readyPath: '/health',
    // It keeps values as decimals, of which some 15 digits hold; the smallest are 0 to it, and -0 is.
    stored: (value) => (Math.abs(value) < 1e-300 ? 0 : Number(value.toPrecision(12))),
    troubles: ['vm_rows_ignored_total', 'vm_rows_invalid_total', 'vm_too_long_label_values_total'],
    async held(peer) {
      await fetch(`${peer.url}/internal/force_flush`)
      const answer = await fetch(`${peer.url}/api/v1/export?match[]={__name__!=""}`)
      const held = new Map<string, HeldSamples>()
      for (const line of (await answer.text()).split('\n')) {
        if (line === '') continue
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>
          values: readonly (number | string | null)[]
          timestamps: readonly number[]
        }
        held.set(keyOf(metric), new Map(timestamps.map((time, index) => [time, String(values[index])])))
      }
      return held
    },
  }
}
