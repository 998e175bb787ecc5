import { Unavailable } from '#src/arrivals/deliveries.ts'
import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { GrpcError } from '#src/grpc/server/grpc-error.ts'
import { startGrpcServer, type RunningGrpcServer } from '#src/grpc/server/grpc-server.ts'
import { compileCors } from '#src/http/cors.ts'
import { formatEndpoint } from '#src/http/endpoint.ts'
import { BodyRoom } from '#src/http/request-body.ts'
import { serverSettings, startServer, type RunningServer } from '#src/http/server.ts'
import { MalformedRequest } from '#src/otlp/decode/malformed-request.ts'
import { writeAnswer } from './answer.ts'
import { grpcEncodings, type GrpcConfig, type HttpConfig, type OtlpConfig } from './config.ts'
import { HttpRequests } from './http-requests.ts'
import { Intake } from './intake.ts'

const exportPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

/** How long requests have at a stop until they are told to send again, and then to hear that, in milliseconds. */
const stopPatienceMs = 500
const stopGraceMs = 1000

/** Takes metrics by OTLP, over gRPC and HTTP, and answers when they are where they survive. */
export class OtlpReceiver implements Receiver {
  readonly #config: OtlpConfig
  readonly #context: ReceiverContext
  readonly #intake: Intake
  readonly #room: BodyRoom
  #grpc: RunningGrpcServer | undefined
  #http: RunningServer | undefined

  constructor(config: OtlpConfig, context: ReceiverContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(config, context)
    this.#room = new BodyRoom(config.max_inflight_size)
  }

  /** Where gRPC is spoken, once it is: `127.0.0.1:4317`. */
  get grpcEndpoint(): string | undefined {
    return this.#grpc && formatEndpoint(this.#grpc.address)
  }

  /** Where requests of HTTP are taken, once they are: `http://127.0.0.1:4318/v1/metrics`. */
  get httpUrl(): string | undefined {
    const path = this.#config.protocols.http?.metrics_url_path
    return this.#http && path !== undefined ? this.#http.url + path : undefined
  }

  async start(): Promise<void> {
    const { grpc, http } = this.#config.protocols
    try {
      if (grpc !== undefined) this.#grpc = await this.#startGrpc(grpc)
      if (http !== undefined) this.#http = await this.#startHttp(http)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#intake.start()
    this.#context.logger.info('listening for OTLP', {
      ...(this.#grpc === undefined ? {} : { grpc: this.grpcEndpoint }),
      ...(this.#http === undefined ? {} : { http: this.httpUrl }),
    })
  }

  async stop(): Promise<void> {
    const giveUp = setTimeout(() => this.#intake.giveUp(), stopPatienceMs)
    await Promise.all([this.#grpc?.close(stopGraceMs), this.#http?.close(stopGraceMs)])
    clearTimeout(giveUp)
    this.#intake.stop()
  }

  async #startGrpc(config: GrpcConfig): Promise<RunningGrpcServer> {
    const { logger, clock } = this.#context
    const { server_parameters: keepalive } = config.keepalive
    return await startGrpcServer({
      endpoint: config.endpoint,
      tls: config.tls,
      auth: config,
      methods: { [exportPath]: async (message) => await this.#export(message) },
      calls: {
        maxMessageBytes: config.max_recv_msg_size_mib * 2 ** 20,
        readTimeoutMs: config.read_timeout,
        encodings: grpcEncodings,
      },
      room: this.#room,
      sessions: {
        maxConnections: config.max_connections,
        maxConcurrentStreams: config.max_concurrent_streams,
        maxIdleMs: keepalive.max_connection_idle,
        maxAgeMs: keepalive.max_connection_age,
        maxAgeGraceMs: keepalive.max_connection_age_grace,
        pingIntervalMs: keepalive.time,
        pingTimeoutMs: keepalive.timeout,
      },
      logger,
      clock,
      name: 'otlp receiver (gRPC)',
    })
  }

  async #startHttp(config: HttpConfig): Promise<RunningServer> {
    const { logger, clock } = this.#context
    const requests = new HttpRequests(config, this.#intake, this.#room)
    return await startServer({
      ...serverSettings(config),
      before: compileCors(config.cors),
      handler: async (request, response) => await requests.answer(request, response),
      logger,
      clock,
      name: 'otlp receiver (HTTP)',
    })
  }

  async #export(message: Buffer): Promise<Buffer> {
    try {
      return writeAnswer(await this.#intake.take(message), 'protobuf')
    } catch (error) {
      if (error instanceof MalformedRequest) throw new GrpcError('invalid_argument', error.message)
      if (error instanceof Unavailable) {
        throw new GrpcError('unavailable', error.message, { retryDelayMs: error.retryDelayMs })
      }
      throw error
    }
  }
}
