import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestJson } from '#src/testing/otlp-json.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort } from './mount-namespace.ts'
import { peerBinary } from './peer-binary.ts'
import { here, type Place } from './place.ts'

/** How a Collector is to run. */
export interface CollectorOptions {
  /** Options of its receiver's gRPC, beside the endpoint. */
  readonly grpc?: object
  readonly place?: Place
}

/** A real OpenTelemetry Collector that receives OTLP, and writes what it got to a file. */
export class Collector implements AsyncDisposable {
  readonly grpcPort: number
  readonly httpPort: number
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #grpc: object
  readonly #place: Place
  #process: ChildProcess | undefined
  #output = ''
  /** Where each run of it writes to. */
  readonly #files: string[] = []

  private constructor(
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
    grpcPort: number,
    httpPort: number,
    { grpc = {}, place = here }: CollectorOptions,
  ) {
    this.#grpc = grpc
    this.#place = place
    this.#folder = folder
    this.grpcPort = grpcPort
    this.httpPort = httpPort
  }

  static async start(options: CollectorOptions = {}): Promise<Collector> {
    const collector = new Collector(await temporaryFolder(), await freePort(), await freePort(), options)
    await collector.resume()
    return collector
  }

  /** Where it takes gRPC: host and port. */
  get grpcEndpoint(): string {
    return `${this.#place.host}:${this.grpcPort}`
  }

  /** Starts it, again after a kill. */
  async resume(): Promise<void> {
    const binary = peerBinary('otelcol', '0.165.0')
    const file = join(this.#folder.path, 'config.yaml')
    // A file of its own for each run: the last line of one that was killed is torn.
    this.#files.push(join(this.#folder.path, `metrics-${this.#files.length}.json`))
    await writeFile(file, this.#configuration())
    const [command, ...args] = [...this.#place.enter, binary, '--config', file]
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    this.#process = child
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) throw new Error(`the Collector did not start: ${this.#output}`)
      if ((await this.#listens(this.grpcPort)) && (await this.#listens(this.httpPort))) return
      await sleep(100)
    }
    throw new Error(`the Collector is not ready: ${this.#output}`)
  }

  /** Kills it without a chance to say goodbye. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** The requests that it wrote so far. */
  async requests(): Promise<RequestJson[]> {
    const texts = await Promise.all(
      this.#files.map(async (file) => await readFile(file, 'utf8').catch(() => '')),
    )
    return texts.flatMap((text) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as RequestJson),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#folder[Symbol.asyncDispose]()
  }

  async #listens(port: number): Promise<boolean> {
    const socket = connect(port, this.#place.host)
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  }

  #configuration(): string {
    const { host } = this.#place
    return `
receivers:
  otlp:
    protocols:
      grpc: ${JSON.stringify({ endpoint: `${host}:${this.grpcPort}`, ...this.#grpc })}
      http: { endpoint: '${host}:${this.httpPort}' }
exporters:
  file: { path: ${this.#files.at(-1)}, flush_interval: 50ms }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [otlp], exporters: [file] }
`
  }
}
