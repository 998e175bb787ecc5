import { compareBytewise } from '#src/model/attribute-set.ts'
import type { Clock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { fingerprintOf } from '#src/config/fingerprint.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'
import type {
  ComponentStatus,
  ReloadOutcome,
  ServiceView,
  WorkerStatus,
} from '#src/telemetry/service-view.ts'
import type { LossReport } from './graph.ts'
import { tellMistakes, type Mistake } from './mistake.ts'
import { ThreadedGraph } from './workers/threaded-graph.ts'

/** A configuration as read again: it holds together, or there is what keeps it from that. */
export type Reread = { readonly configuration: Configuration } | { readonly mistakes: readonly Mistake[] }

/** What the service needs to read its configuration again and to tell of mistakes. */
export interface ServiceContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly version: string
  /** Writes a line of the log that a worker thread made, as it is. */
  writeLine(line: string): void
  /** Reads the configuration again, from where it was read before. */
  reread(): Promise<Reread>
  /** Called when a configuration was read again and runs, another one or the same. */
  renewed(): void
  /** For people: what `Graph.apply` threw. */
  explain(error: unknown): readonly Mistake[]
}

/** The running pipelines, and how they change to another configuration: wholly, or not at all. */
export class ReloadableService implements ServiceView {
  readonly version: string
  readonly startedAt: number
  readonly reloads = { ok: 0, failed: 0 }
  started = false
  stopping = false
  loadedAt: number
  lastReload: ReloadOutcome | undefined
  readonly #context: ServiceContext
  readonly #graph: ThreadedGraph
  #configuration: Configuration
  #turn: Promise<unknown> = Promise.resolve()

  constructor(configuration: Configuration, context: ServiceContext) {
    this.#context = context
    this.#configuration = configuration
    this.version = context.version
    this.startedAt = context.clock.now()
    this.loadedAt = this.startedAt
    this.#graph = new ThreadedGraph(context)
  }

  /** The configuration that runs. */
  get configuration(): Configuration {
    return this.#configuration
  }

  components(): Iterable<ComponentStatus> {
    return this.#graph.components()
  }

  workers(): Iterable<WorkerStatus> {
    return this.#graph.workers()
  }

  async refresh(detail?: { readonly targets?: boolean }): Promise<void> {
    await this.#graph.refresh(detail)
  }

  /** Starts everything; throws what `Graph.apply` throws, and has then stopped what it had started. */
  async start(): Promise<void> {
    const turn = this.#graph.apply(this.#configuration)
    // A reload that is asked for meanwhile waits.
    this.#turn = turn.catch(() => undefined)
    await turn
    this.started = true
  }

  async reload(): Promise<ReloadOutcome> {
    const turn = this.#turn.then(async () => this.#reload())
    this.#turn = turn
    return turn
  }

  /** Notes and logs that a configuration that was read cannot run, wholly or in a part. */
  refuse(message: string, mistakes: readonly Mistake[]): ReloadOutcome {
    const { logger } = this.#context
    tellMistakes(mistakes, logger)
    logger.error(message, { mistakes: mistakes.length, [notHeldBack]: true })
    return this.#note(false, false, mistakes.map(({ text }) => text).join('\n'))
  }

  /** Stops everything; returns what was lost. A reload that is under way may take 5 s more. */
  async stop(): Promise<LossReport[]> {
    this.stopping = true
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#context.clock.after(this.started ? reloadPatienceMs : 0, resolve)
    await Promise.race([this.#turn, late])
    cancel()
    return this.#graph.stop(this.#configuration.shutdownDeadlineMs)
  }

  async #reload(): Promise<ReloadOutcome> {
    if (this.stopping) return this.#note(false, false, 'the service is stopping')
    const { logger } = this.#context
    let read: Reread
    try {
      read = await this.#context.reread()
    } catch (error) {
      const message = describeError(error)
      read = { mistakes: [{ message, text: message }] }
    }
    if ('mistakes' in read) return this.refuse(refused, read.mistakes)
    const before = this.#configuration
    if (sameConfiguration(before, read.configuration)) {
      logger.info('the configuration was read again; nothing in it changed', { [notHeldBack]: true })
      this.#context.renewed()
      return this.#note(true, false, 'nothing changed')
    }
    try {
      await this.#graph.apply(read.configuration)
    } catch (error) {
      const outcome = this.refuse(refused, this.#context.explain(error))
      await this.#restore(before)
      return outcome
    }
    this.#configuration = read.configuration
    logger.info('the new configuration runs', { [notHeldBack]: true })
    this.#context.renewed()
    return this.#note(true, true, 'the new configuration runs')
  }

  async #restore(before: Configuration): Promise<void> {
    try {
      await this.#graph.apply(before)
    } catch (error) {
      const { logger } = this.#context
      tellMistakes(this.#context.explain(error), logger)
      logger.error('the configuration before cannot run again', { [notHeldBack]: true })
    }
  }

  #note(ok: boolean, changed: boolean, message: string): ReloadOutcome {
    this.reloads[ok ? 'ok' : 'failed']++
    this.lastReload = { ok, changed, message, time: this.#context.clock.now() }
    if (ok) this.loadedAt = this.lastReload.time
    return this.lastReload
  }
}

const reloadPatienceMs = 5000
const refused = 'the new configuration was refused; the one before goes on'

/** Whether two configurations are the same in all that runs by them. */
function sameConfiguration(first: Configuration, second: Configuration): boolean {
  return digest(first) === digest(second)
}

function digest(configuration: Configuration): string {
  const { receivers, processors, exporters, extensions } = configuration
  const components = [receivers, processors, exporters, extensions].map((section) =>
    [...section.values()].map(({ id, fingerprint }) => `${id} ${fingerprint}`).toSorted(compareBytewise),
  )
  const { serviceExtensions, pipelines, telemetry, workers, shutdownDeadlineMs } = configuration
  return JSON.stringify([
    components,
    serviceExtensions,
    [...pipelines.values()],
    fingerprintOf(telemetry),
    workers,
    shutdownDeadlineMs,
  ])
}
