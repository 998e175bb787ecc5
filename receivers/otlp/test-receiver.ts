import { optionsOf } from '#src/testing/options.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { Config } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

/** What the receiver answered over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

/** A receiver that listens on free ports, and whose batches are captured. */
export class TestReceiver implements AsyncDisposable {
  readonly context: TestContext
  readonly receiver: OtlpReceiver

  constructor(context: TestContext, receiver: OtlpReceiver) {
    this.context = context
    this.receiver = receiver
  }

  /** Starts one with the options of a file beside its endpoints. */
  static async start(
    options: {
      readonly grpc?: Readonly<Record<string, unknown>>
      readonly http?: Readonly<Record<string, unknown>>
      readonly more?: Readonly<Record<string, unknown>>
    } = {},
  ): Promise<TestReceiver> {
    const context = testContext('otlp')
    const config = optionsOf(Config, {
      protocols: {
        grpc: { endpoint: '127.0.0.1:0', ...options.grpc },
        http: { endpoint: '127.0.0.1:0', ...options.http },
      },
      ...options.more,
    })
    const receiver = new OtlpReceiver(config, context)
    await receiver.start()
    return new TestReceiver(context, receiver)
  }

  get grpcEndpoint(): string {
    return this.receiver.grpcEndpoint ?? ''
  }

  get httpUrl(): string {
    return this.receiver.httpUrl ?? ''
  }

  /** Posts a body; in protobuf unless the headers say otherwise. */
  async post(
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>> = {},
    url = this.httpUrl,
  ): Promise<HttpAnswer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', ...headers },
      body: typeof body === 'string' ? body : Buffer.from(body),
    })
    const { status, headers: answered } = response
    return { status, headers: answered, body: Buffer.from(await response.arrayBuffer()) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.stop()
  }
}
