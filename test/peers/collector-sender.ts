import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort } from './mount-namespace.ts'
import { peerBinary } from './peer-binary.ts'

/** A real OpenTelemetry Collector that takes OTLP over HTTP, and sends it on by exporters of its own. */
export class CollectorSender implements AsyncDisposable {
  readonly #url: string
  readonly #end: () => Promise<void>

  private constructor(url: string, end: () => Promise<void>) {
    this.#url = url
    this.#end = end
  }

  /** Starts one with these exporters, as its configuration has them. */
  static async start(exporters: Readonly<Record<string, object>>): Promise<CollectorSender> {
    const folder = await temporaryFolder()
    const port = await freePort()
    const file = join(folder.path, 'config.yaml')
    await writeFile(
      file,
      JSON.stringify({
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
        exporters,
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['otlp'], exporters: Object.keys(exporters) } },
        },
      }),
    )
    const child = spawn(peerBinary('otelcol', '0.165.0'), ['--config', file], { stdio: 'pipe' })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)))
    const sender = new CollectorSender(`http://127.0.0.1:${port}/v1/metrics`, async () => {
      const exited = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await exited
      await folder[Symbol.asyncDispose]()
    })
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) break
      if (await sender.send({}).catch(() => false)) return sender
      await sleep(100)
    }
    await sender.#end()
    throw new Error(`the Collector did not start: ${output}`)
  }

  /** Hands it a request, in JSON. @returns whether it took it */
  async send(request: object): Promise<boolean> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    await response.arrayBuffer()
    return response.ok
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}
