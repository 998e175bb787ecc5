import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { once } from 'node:events'
import { gunzipSync } from 'node:zlib'
import type { Batch } from '#src/model/batch.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from './config.ts'
import { KubeletExporter } from './kubelet-exporter.ts'

/** An answer of the exporter, its body without compression. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An exporter that serves, with a fake clock. Use `await using`. */
export class TestKubelet implements AsyncDisposable {
  readonly context: TestContext
  readonly exporter: KubeletExporter

  constructor(exporter: KubeletExporter, context: TestContext) {
    this.exporter = exporter
    this.context = context
  }

  static async start(options: object = {}): Promise<TestKubelet> {
    const context = testContext('kubelet')
    const config = optionsOf(Config, {
      endpoint: '127.0.0.1:0',
      plain_http: true,
      node_name: 'n1',
      ...options,
    })
    const kubelet = new TestKubelet(new KubeletExporter(config, context), context)
    await kubelet.exporter.start()
    return kubelet
  }

  get origin(): string {
    return new URL(this.exporter.location ?? '').origin
  }

  /** Takes a batch as the engine hands it on. */
  take(batch: Batch): void {
    this.context.ledger.accepted += batch.size
    this.exporter.consume([batch])
  }

  async ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    const send = this.origin.startsWith('https') ? httpsRequest : httpRequest
    const sent = send(`${this.origin}${path}`, { agent: false, ...options }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const body = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    return { status: response.statusCode, headers: response.headers, body: body.toString() }
  }

  /** The lines of series of `/metrics/resource`. */
  async series(): Promise<string[]> {
    const { body } = await this.ask('/metrics/resource')
    return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }

  /** What `/stats/summary` says. */
  async summary(query = ''): Promise<unknown> {
    return JSON.parse((await this.ask(`/stats/summary${query}`)).body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.exporter.stop()
  }
}
