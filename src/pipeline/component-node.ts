import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '#src/component/clock.ts'
import type { PipelineContext, ComponentKind } from '#src/component/define.ts'
import type { ComponentConfig } from '#src/config/configuration.ts'
import { Collections } from '#src/telemetry/collections.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { ComponentState, ComponentStatus } from '#src/telemetry/service-view.ts'
import type { TargetsView } from '#src/telemetry/targets-view.ts'

/** Exporters, which drain, have the deadline of the service instead. */
const stopPatienceMs = 5000

/** Which component's code runs: an error that escapes it, now or in a timer later, is told to the right one. */
const running = new AsyncLocalStorage<ComponentNode>()

/** The component whose code, or whose promise or timer, the present call belongs to. */
export function runningComponent(): ComponentNode | undefined {
  return running.getStore()
}

/** One component of the graph: what it was given, and how it fares. */
export class ComponentNode implements ComponentStatus {
  readonly kind: ComponentKind
  readonly id: string
  readonly pipeline: string | undefined
  /** Replaced by a reload that the component takes while it runs. */
  config: ComponentConfig
  readonly logger: Logger
  readonly ledger = new Ledger()
  readonly collections: Collections | undefined
  state: ComponentState = 'starting'
  error: string | undefined
  since: number
  lastActivity: number | undefined
  location: string | undefined
  /** Reads what waits in it. */
  queueOf: () => QueueStatus | undefined = () => undefined
  targets: TargetsView | undefined
  readonly #clock: Clock
  readonly #controller = new AbortController()

  constructor(config: ComponentConfig, clock: Clock, logger: Logger, pipeline?: string) {
    this.kind = config.definition.kind
    this.id = config.id
    this.pipeline = pipeline
    this.config = config
    this.#clock = clock
    this.since = clock.now()
    this.logger = logger.child({
      kind: this.kind,
      component: this.id,
      ...(pipeline === undefined ? {} : { pipeline }),
    })
    this.collections = this.kind === 'receiver' ? new Collections() : undefined
  }

  /** What the component is given of all that every component is given. */
  get context(): PipelineContext {
    return {
      id: this.id,
      logger: this.logger,
      clock: this.#clock,
      signal: this.#controller.signal,
      ledger: this.ledger,
      report: (state, error) => this.#report(state, error),
    }
  }

  get queueStatus(): QueueStatus | undefined {
    return this.queueOf()
  }

  /** Whether it cannot work any more. */
  get failed(): boolean {
    return this.state === 'permanent_error'
  }

  /** Runs the component's code, so that what escapes from it is known to be its own. */
  run<Result>(code: () => Result): Result {
    return running.run(this, code)
  }

  /** Runs the component's code that stops it. What it throws is logged; after 5 s it is left behind. */
  async runStop(code: () => Promise<void> | void): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const cancel = this.#clock.after(stopPatienceMs, () =>
      reject(new Error('it did not stop within 5 s, and is left behind')),
    )
    try {
      await Promise.race([this.run(async () => code()), late])
    } catch (error) {
      this.logger.error(`the ${this.kind} failed to stop`, { error })
    } finally {
      cancel()
    }
  }

  /** Notes a change of state. */
  become(state: ComponentState): void {
    this.state = state
    this.since = this.#clock.now()
  }

  /** Notes an error that it cannot go on from, and logs it. */
  fail(error: unknown): void {
    this.error = textOf(error)
    this.become('permanent_error')
    this.logger.error('the component failed', { error })
  }

  /** After its start: what the component reported meanwhile holds. */
  started(): void {
    if (this.state === 'starting') this.become('ok')
  }

  /** Notes that data moved. */
  touch(): void {
    this.lastActivity = this.#clock.now()
  }

  /** Tells the component by its signal that it is over. */
  abort(): void {
    this.#controller.abort()
  }

  /** What the component says of itself counts while it runs, and cannot undo a failure. */
  #report(state: 'ok' | 'recoverable_error', error: unknown): void {
    if (this.state !== 'starting' && this.state !== 'ok' && this.state !== 'recoverable_error') return
    this.error = state === 'ok' ? undefined : textOf(error)
    const starts = this.state === 'starting' && state === 'ok'
    // One time for several errors in a row: since when it has been so.
    if (!starts && this.state !== state) this.become(state)
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
