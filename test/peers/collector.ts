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

/** A real OpenTelemetry Collector that receives OTLP, and writes what it got to a file. */
export class Collector implements AsyncDisposable {
  readonly grpcPort: number
  readonly httpPort: number
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  #process: ChildProcess | undefined
  #output = ''
  /** Where each run of it writes to. */
  readonly #files: string[] = []

  private constructor(
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
    grpcPort: number,
    httpPort: number,
  ) {
    this.#folder = folder
    this.grpcPort = grpcPort
    this.httpPort = httpPort
  }

  static async start(): Promise<Collector> {
    const collector = new Collector(await temporaryFolder(), await freePort(), await freePort())
    await collector.resume()
    return collector
  }

  /** Starts it, again after a kill. */
  async resume(): Promise<void> {
    const binary = peerBinary('otelcol', '0.165.0')
    const file = join(this.#folder.path, 'config.yaml')
    // A file of its own for each run: the last line of one that was killed is torn.
    this.#files.push(join(this.#folder.path, `metrics-${this.#files.length}.json`))
    await writeFile(file, this.#configuration())
    const child = spawn(binary, ['--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    this.#process = child
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) throw new Error(`the Collector did not start: ${this.#output}`)
      if ((await listens(this.grpcPort)) && (await listens(this.httpPort))) return
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

  #configuration(): string {
    return `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: 127.0.0.1:${this.grpcPort} }
      http: { endpoint: 127.0.0.1:${this.httpPort} }
exporters:
  file: { path: ${this.#files.at(-1)}, flush_interval: 50ms }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [otlp], exporters: [file] }
`
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
