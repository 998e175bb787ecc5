import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js'

/** How a call of a gRPC server ended. */
export interface CallOutcome {
  /** 0 where it went well. */
  readonly code: number
  readonly details: string
  readonly metadata: Metadata | undefined
  readonly message: Buffer | undefined
}

/** What a call may say beside its message. */
export interface CallSettings {
  readonly metadata?: Readonly<Record<string, string>>
  readonly deadlineMs?: number
  readonly path?: string
}

const asIs = (bytes: Buffer): Buffer => bytes

/** A client of gRPC that sends bytes as they are, by the official package. */
export class GrpcCaller implements Disposable {
  readonly #client: Client
  readonly #path: string

  constructor(endpoint: string, path: string, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(endpoint, channel, { 'grpc.max_send_message_length': -1 })
    this.#path = path
  }

  async call(message: Uint8Array, settings: CallSettings = {}): Promise<CallOutcome> {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(settings.metadata ?? {})) metadata.set(name, value)
    return await new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        settings.path ?? this.#path,
        asIs,
        asIs,
        Buffer.from(message),
        metadata,
        { deadline: Date.now() + (settings.deadlineMs ?? 10_000) },
        (error: ServiceError | null, answer?: Buffer) => {
          resolve({
            code: error?.code ?? 0,
            details: error?.details ?? '',
            metadata: error?.metadata,
            message: answer,
          })
        },
      )
    })
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }
}
