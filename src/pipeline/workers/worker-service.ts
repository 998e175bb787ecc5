import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '#src/component/clock.ts'
import type { SinkLimits } from '#src/queue/request-queue.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { ComponentStatus } from '#src/telemetry/service-view.ts'
import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
import { memoryOfThisThread, noteOtherThreads } from '#src/telemetry/thread-memory.ts'
import { watchEscapedErrors } from '../escaped-errors.ts'
import { exitStatus } from '../exit-status.ts'
import { Graph } from '../graph.ts'
import { reportOf, type ReportDetail } from './component-report.ts'
import { HashedShare } from './hashed-share.ts'
import { Outbox } from './outbox.ts'
import { unpack } from './portable-configuration.ts'
import { packError } from './portable-error.ts'
import type {
  CallMessage,
  CallName,
  Calls,
  FromWorker,
  Post,
  ToWorker,
  WorkerData,
} from './worker-message.ts'

/** How often the main thread is told how components fare. */
const reportEveryMs = 1000
/** How long an exporter may go on encoding when it has to stop. */
const encodePatienceMs = 2000

/** Runs a worker thread: its share of the pipelines that the main thread tells it to run. */
export function runWorker(port: MessagePort, data: WorkerData): void {
  const post: Post<FromWorker> = (message, transfer = []) => port.postMessage(message, [...transfer])
  const logger = StructuredLogger.open({
    ...data.logs,
    initialFields: { ...data.logs.initialFields, worker: data.number },
    write: (line) => post({ kind: 'line', line }),
  })
  const service = new WorkerService(post, data, logger)
  watchEscapedErrors(logger, () => process.exit(exitStatus.internal))
  // However it ends, unless by force: what is known then is known to the main thread.
  process.on('exit', () => service.report())
  setInterval(() => service.report(), reportEveryMs)
  port.on('message', (message: ToWorker) => service.take(message))
}

type Handlers = {
  readonly [Name in CallName]: (given: Calls[Name]['given']) => Promise<unknown>
}

/** The pipelines of one worker thread. */
export class WorkerService {
  readonly #post: Post<FromWorker>
  readonly #count: number
  readonly #logger: StructuredLogger
  readonly #graph: Graph
  readonly #instances = new WeakMap<Ledger, number>()
  #lastInstance = 0
  /** By instance of the exporter. */
  readonly #outboxes = new Map<number, Outbox>()
  #limits: Readonly<Record<string, SinkLimits>> = {}
  /** One call after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #handlers: Handlers = {
    apply: async ({ configuration, limits }) => {
      this.#limits = limits
      const unpacked = await unpack(configuration)
      const { logs } = unpacked.telemetry
      this.#logger.restyle({ ...logs, initialFields: { ...logs.initialFields, worker: this.#number } })
      await this.#graph.apply({ ...unpacked, shutdownDeadlineMs: encodePatienceMs })
      this.report()
    },
    report: async ({ targets }) => await Promise.resolve(this.report({ sources: true, targets })),
    trace: async ({ component, method, of, labels }) => {
      const status = [...this.#graph.components()].find(({ id, targets }) => id === component && targets)
      return await status?.targets?.[method](of, labels)
    },
    flush: async () => {
      this.#stopped = [...this.#graph.components()]
      await this.#graph.stop(encodePatienceMs)
      this.#logger.flush()
    },
    finish: async () => await Promise.resolve(this.report()),
  }
  readonly #number: number
  /** What ran before it was flushed. */
  #stopped: readonly ComponentStatus[] | undefined

  constructor(post: Post<FromWorker>, { number, count }: WorkerData, logger: StructuredLogger) {
    this.#post = post
    this.#number = number
    this.#count = count
    this.#logger = logger
    this.#graph = new Graph({
      clock: systemClock,
      logger,
      share: new HashedShare(number - 1, count),
      outboxFor: (exporter) => this.#makeOutbox(exporter),
    })
  }

  take(message: ToWorker): void {
    if (message.kind === 'call') this.#call(message)
    else if (message.kind === 'settled') this.#outboxes.get(message.instance)?.settle(message)
    else if (message.kind === 'returned') this.#outboxes.get(message.instance)?.takeBack(message)
    else if (message.kind === 'queue') this.#outboxes.get(message.instance)?.noteState(message)
    else noteOtherThreads(message.othersBytes)
  }

  /** Tells the main thread how components fare. */
  report(detail: ReportDetail = { sources: false, targets: false }): void {
    const statuses = this.#stopped ?? [...this.#graph.components()]
    const components = statuses.map((status) => reportOf(status, this.#instanceOf(status), detail))
    const running = new Set(components.map(({ instance }) => instance))
    for (const [instance, outbox] of this.#outboxes)
      if (outbox.done && !running.has(instance)) this.#outboxes.delete(instance)
    this.#post({
      kind: 'report',
      components,
      outboxes: Array.from(this.#outboxes.values(), (outbox) => outbox.report()),
      heapUsedBytes: process.memoryUsage().heapUsed,
      usedBytes: memoryOfThisThread(),
    })
  }

  #call({ id, name, given }: CallMessage): void {
    const handle = this.#handlers[name] as (given: unknown) => Promise<unknown>
    const turn = this.#turn.then(async () => await handle(given))
    this.#turn = turn.then(
      (answer) => this.#post({ kind: 'answer', id, answer }),
      (error: unknown) => this.#post({ kind: 'answer', id, error: packError(error) }),
    )
  }

  #makeOutbox(exporter: ComponentStatus): Outbox {
    const instance = this.#instanceOf(exporter)
    const limits = this.#limits[exporter.id] ?? { maxBytes: 0, whenFull: 'refuse' }
    // Together the workers fill the queue; one that drops the oldest has to be full before it does.
    const part = limits.whenFull === 'refuse' ? limits.maxBytes / this.#count : limits.maxBytes
    const outbox = new Outbox(exporter.id, instance, { ...limits, maxBytes: part }, this.#post)
    this.#outboxes.set(instance, outbox)
    return outbox
  }

  /** The number of the instance that has this account. */
  #instanceOf({ ledger }: ComponentStatus): number {
    let instance = this.#instances.get(ledger)
    if (instance === undefined) {
      instance = ++this.#lastInstance
      this.#instances.set(ledger, instance)
    }
    return instance
  }
}
