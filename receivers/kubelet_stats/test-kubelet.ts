import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summaryToJson } from '#src/kubelet/summary-json.ts'
import type { Summary } from '#src/kubelet/summary.ts'
import { CertificateMaker, type Certificate } from '#src/testing/certificates.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { answerOf, ScriptedServer, type ScriptedRequest } from '#src/testing/scripted-server.ts'
import { Config } from './config.ts'
import definition from './index.ts'
import { KubeletStatsReceiver } from './kubelet-stats-receiver.ts'

/** What a test's kubelet answers to a path: a body, or a status with one. */
export type PathAnswer = string | { readonly status: number; readonly body: string }

/** A scripted kubelet with TLS, its token and its authority in a temporary folder, and a receiver that asks it. */
export class TestKubelet implements AsyncDisposable {
  readonly context: TestContext = testContext('kubelet_stats')
  readonly folder: string
  readonly authority: Certificate
  readonly server: ScriptedServer
  /** By path without its query. */
  readonly answers = new Map<string, PathAnswer>()
  /** Who asks must have this token, where it is set. */
  token: string | undefined = 'one'
  receiver: KubeletStatsReceiver | undefined

  private constructor(folder: string, authority: Certificate, server: ScriptedServer) {
    this.folder = folder
    this.authority = authority
    this.server = server
    server.script = (request) => this.#answer(request)
  }

  static async start(): Promise<TestKubelet> {
    const folder = await mkdtemp(join(tmpdir(), 'kubelet-stats-'))
    const maker = new CertificateMaker(folder)
    const authority = await maker.make('ca')
    const { cert, key } = await maker.make('kubelet', { authority })
    const kubelet = new TestKubelet(
      folder,
      authority,
      await ScriptedServer.start(() => undefined, { cert, key }),
    )
    await kubelet.writeToken('one')
    return kubelet
  }

  /** What it says at /stats/summary. */
  set summary(summary: Summary) {
    this.answers.set('/stats/summary', summaryToJson(summary))
  }

  get tokenFile(): string {
    return join(this.folder, 'token')
  }

  async writeToken(token: string): Promise<void> {
    await writeFile(this.tokenFile, `${token}\n`)
  }

  /** Starts a receiver that asks it with the token. */
  start(options: object = {}): void {
    const config = optionsOf(Config, {
      auth_type: 'serviceAccount',
      endpoint: `127.0.0.1:${this.server.port}`,
      ca_file: join(this.folder, 'ca.crt'),
      token_file: this.tokenFile,
      initial_delay: '0s',
      node: 'n1',
      ...options,
    })
    definition.validate?.(config)
    this.receiver = new KubeletStatsReceiver(config, this.context)
    this.receiver.start()
  }

  /** Lets the summary be asked for once more: what was emitted. */
  async cycle(advanceMs = 10_000): Promise<Sample[]> {
    const { clock, collections, next } = this.context
    const before = collections.of('summary').collections
    const first = next.batches.length
    await clock.advance(advanceMs)
    await until(() => collections.of('summary').collections > before)
    return next.batches.slice(first).flatMap(samplesOf)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver?.stop()
    await this.server[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true })
  }

  #answer({ target, headers }: ScriptedRequest): Buffer {
    if (this.token !== undefined && headers.get('authorization') !== `Bearer ${this.token}`)
      return answerOf('Unauthorized', { status: 401 })
    const [path = ''] = target.split('?')
    const answer = this.answers.get(path) ?? { status: 404, body: '404 page not found\n' }
    const { status, body } = typeof answer === 'string' ? { status: 200, body: answer } : answer
    const type = path.startsWith('/metrics') ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json'
    return answerOf(body, { status, headers: { 'Content-Type': type } })
  }
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come in time')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
