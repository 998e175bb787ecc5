import { optionsOf } from '#src/testing/options.ts'
import { compress } from '#src/remote/snappy.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { writeRequest, type WrittenRequest } from '#src/testing/remote-write-message.ts'
import definition from './index.ts'
import type { RemoteWriteReceiver } from './remote-write-receiver.ts'

export const contentTypes = {
  1: 'application/x-protobuf',
  2: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const

/** What the receiver answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Samples, histograms and exemplars that it says it wrote. */
  readonly written: readonly (string | null)[]
}

/** A receiver that runs on a free port, and a sender for it. */
export class TestReceiver implements AsyncDisposable {
  readonly context: TestContext
  readonly receiver: RemoteWriteReceiver

  private constructor(context: TestContext, receiver: RemoteWriteReceiver) {
    this.context = context
    this.receiver = receiver
  }

  static async start(options: Readonly<Record<string, unknown>> = {}): Promise<TestReceiver> {
    const context = testContext('prometheus_remote_write')
    const config = optionsOf(definition.config, { endpoint: '127.0.0.1:0', ...options })
    const receiver = definition.create(config, context) as RemoteWriteReceiver
    await receiver.start()
    return new TestReceiver(context, receiver)
  }

  /** Sends a request and returns the answer. */
  async push(request: WrittenRequest, { version = 1 }: { readonly version?: 1 | 2 } = {}): Promise<Answer> {
    return await this.post(compress(writeRequest(request, version)), {
      'content-encoding': 'snappy',
      'content-type': contentTypes[version],
    })
  }

  async post(body: Uint8Array | ReadableStream, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const response = await fetch(this.receiver.location ?? '', {
      method: 'POST',
      body: body instanceof Uint8Array ? Buffer.from(body) : body,
      headers,
      ...(body instanceof Uint8Array ? {} : { duplex: 'half' }),
    })
    const written = ['samples', 'histograms', 'exemplars'].map((what) =>
      response.headers.get(`x-prometheus-remote-write-${what}-written`),
    )
    return { status: response.status, headers: response.headers, text: await response.text(), written }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop()
  }
}
