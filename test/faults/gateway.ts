import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startDestinations, type Destination } from '../soak/destination.ts'
import { NumberSender } from '../soak/number-sender.ts'
import { freePorts } from '../bench/free-port.ts'
import { exporterValue } from '../own-metrics.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

/** Series of each sender. */
const series = 5
/** Ports that the system chooses, and short times. */
const settings = [
  'service.telemetry.logs.encoding=json',
  'service.telemetry.metrics.readers=[{"pull":{"exporter":{"prometheus":{"host":"127.0.0.1","port":0}}}}]',
  'extensions.health_check.endpoint=127.0.0.1:0',
  'exporters.otlp_http.sending_queue.batch.flush_timeout=10ms',
  'exporters.prometheus_remote_write.batch_send_deadline=10ms',
  'exporters.otlp_http.retry_on_failure={"initial_interval":"20ms","max_interval":"200ms"}',
  'exporters.prometheus_remote_write.retry_on_failure={"initial_interval":"20ms","max_interval":"200ms"}',
]

/**
 * The gateway that is shipped, `configs/gateway.yaml`, as a process between a sender of each protocol and two destinations that
 * do as a test wants.
 */
export class Gateway implements AsyncDisposable {
  readonly destinations: readonly [Destination, Destination]
  readonly senders: readonly NumberSender[]
  weir: WeirProcess | undefined
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #ports: readonly number[]
  #sending: Promise<void[]> | undefined

  private constructor(
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
    destinations: readonly [Destination, Destination],
    ports: readonly number[],
  ) {
    this.#folder = folder
    this.destinations = destinations
    this.#ports = ports
    const [, http, write] = ports
    this.senders = [
      new NumberSender('otlp', `http://127.0.0.1:${http}/v1/metrics`, series, 5),
      new NumberSender('remote_write', `http://127.0.0.1:${write}/api/v1/write`, series, 5),
    ]
  }

  /** Makes one that has not started. */
  static async make(): Promise<Gateway> {
    const folder = await temporaryFolder()
    await copyFile(new URL('../../configs/gateway.yaml', import.meta.url), join(folder.path, 'gateway.yaml'))
    return new Gateway(folder, await startDestinations(series), await freePorts(3))
  }

  /** Starts the process, again after it ended; `limit` is a command of the shell that limits it. */
  async start(more: readonly string[] = [], limit?: string): Promise<WeirProcess> {
    const [grpc, http, write] = this.#ports
    const [otlp, remoteWrite] = this.destinations
    const sets = [
      `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${grpc}`,
      `receivers.otlp.protocols.http.endpoint=127.0.0.1:${http}`,
      `receivers.prometheus_remote_write.endpoint=127.0.0.1:${write}`,
      ...settings,
      ...more,
    ]
    const args = [
      '--config',
      join(this.#folder.path, 'gateway.yaml'),
      ...sets.flatMap((set) => ['--set', set]),
    ]
    const env = {
      GATEWAY_QUEUE: join(this.#folder.path, 'queue'),
      OTLP_ENDPOINT: otlp.endpoint,
      REMOTE_WRITE_ENDPOINT: remoteWrite.endpoint,
    }
    const weir = new WeirProcess(args, { env, ...(limit === undefined ? {} : { limit }) })
    this.weir = weir
    await weir.line('everything runs')
    return weir
  }

  /** Lets both senders send, until `stopSending`. */
  send(): void {
    this.#sending = Promise.all(this.senders.map(async (sender) => await sender.run()))
  }

  /** Waits until each sender had so many numbers more acknowledged. */
  async acknowledged(more: number): Promise<void> {
    const goals = this.senders.map(({ acknowledged }) => acknowledged.length + more)
    await this.weir?.until('answers', () =>
      this.senders.every(({ acknowledged }, index) => acknowledged.length >= (goals[index] ?? 0)),
    )
  }

  async stopSending(): Promise<void> {
    for (const sender of this.senders) sender.stop()
    await this.#sending
  }

  /** Waits until nothing is queued; the law has to hold. */
  async drained(): Promise<void> {
    const weir = this.weir
    await weir?.until('empty queues', async () => {
      const metrics = await weir.metrics()
      for (const { name } of this.destinations) {
        const imbalance = exporterValue(metrics, 'imbalance_points', name)
        if (imbalance !== 0) throw new Error(`${imbalance} points of ${name} are not accounted for`)
      }
      return this.destinations.every(({ name }) => exporterValue(metrics, 'queued_points', name) === 0)
    })
  }

  /** What went wrong: numbers that were acknowledged and are not there, came in another order, or were refused for good. */
  get problems(): string[] {
    return this.senders.flatMap(({ kind, acknowledged, refused }) => [
      ...refused,
      ...this.destinations.flatMap(({ name, arrived }) => [
        ...acknowledged
          .filter((number) => !arrived.has(kind, number))
          .map((number) => `${kind} ${number} at ${name}`),
        ...(arrived.disordered > 0 ? [`${arrived.disordered} out of order at ${name}`] : []),
      ]),
    ])
  }

  /** The port of OTLP over HTTP. */
  get httpPort(): number {
    return this.#ports[1] ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopSending()
    await this.weir?.end('SIGKILL')
    for (const destination of this.destinations) await destination[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }
}
