import { compareBytewise } from '#src/model/attribute-set.ts'
import type { Clock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ComponentStatus, ReloadOutcome, ServiceView } from '#src/telemetry/service-view.ts'
import { Graph, type LossReport } from './graph.ts'

/** A configuration as read again: it holds together, or there is a text that says for people why not. */
export type Reread = { readonly configuration: Configuration } | { readonly mistakes: string }

/** What the service needs to read its configuration again and to tell of mistakes. */
export interface ServiceContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly version: string
  /** Reads the configuration again, from where it was read before. */
  reread(): Promise<Reread>
  /** Called when another configuration runs. */
  changed(): void
  /** The text for people of an error that `Graph.apply` threw. */
  explain(error: unknown): string
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
  readonly #graph: Graph
  #configuration: Configuration
  #turn: Promise<unknown> = Promise.resolve()

  constructor(configuration: Configuration, context: ServiceContext) {
    this.#context = context
    this.#configuration = configuration
    this.version = context.version
    this.startedAt = context.clock.now()
    this.loadedAt = this.startedAt
    this.#graph = new Graph(context)
  }

  /** The configuration that runs. */
  get configuration(): Configuration {
    return this.#configuration
  }

  components(): Iterable<ComponentStatus> {
    return this.#graph.components()
  }

  /** Starts everything; throws what `Graph.apply` throws, and has then stopped what it had started. */
  async start(): Promise<void> {
    await this.#graph.apply(this.#configuration)
    this.started = true
  }

  async reload(): Promise<ReloadOutcome> {
    const turn = this.#turn.then(async () => this.#reload())
    this.#turn = turn
    return turn
  }

  /** Stops everything, after a reload that is under way; returns what was lost. */
  async stop(): Promise<LossReport[]> {
    this.stopping = true
    await this.#turn
    return this.#graph.stop(this.#configuration.shutdownDeadlineMs)
  }

  async #reload(): Promise<ReloadOutcome> {
    if (this.stopping) return this.#note(false, false, 'the service is stopping')
    const { logger } = this.#context
    let read: Reread
    try {
      read = await this.#context.reread()
    } catch (error) {
      read = { mistakes: error instanceof Error ? error.message : String(error) }
    }
    if ('mistakes' in read) return this.#refuse(read.mistakes)
    const before = this.#configuration
    if (sameConfiguration(before, read.configuration)) {
      logger.info('the configuration was read again; nothing in it changed')
      return this.#note(true, false, 'nothing changed')
    }
    try {
      await this.#graph.apply(read.configuration)
    } catch (error) {
      const outcome = this.#refuse(this.#context.explain(error))
      await this.#restore(before)
      return outcome
    }
    this.#configuration = read.configuration
    logger.info('the new configuration runs')
    this.#context.changed()
    return this.#note(true, true, 'the new configuration runs')
  }

  async #restore(before: Configuration): Promise<void> {
    try {
      await this.#graph.apply(before)
    } catch (error) {
      this.#context.logger.error('the configuration before cannot run again', {
        error: this.#context.explain(error),
      })
    }
  }

  #refuse(mistakes: string): ReloadOutcome {
    this.#context.logger.error('the new configuration was refused; the one before goes on', { mistakes })
    return this.#note(false, false, mistakes)
  }

  #note(ok: boolean, changed: boolean, message: string): ReloadOutcome {
    this.reloads[ok ? 'ok' : 'failed']++
    this.lastReload = { ok, changed, message, time: this.#context.clock.now() }
    if (ok) this.loadedAt = this.lastReload.time
    return this.lastReload
  }
}

/** Whether two configurations are the same in all that runs by them. */
function sameConfiguration(first: Configuration, second: Configuration): boolean {
  return digest(first) === digest(second)
}

function digest(configuration: Configuration): string {
  const { receivers, processors, exporters, extensions } = configuration
  const components = [receivers, processors, exporters, extensions].map((section) =>
    [...section.values()].map(({ id, fingerprint }) => `${id} ${fingerprint}`).toSorted(compareBytewise),
  )
  const { serviceExtensions, pipelines, telemetry, shutdownDeadlineMs } = configuration
  return JSON.stringify([
    components,
    serviceExtensions,
    [...pipelines.values()],
    telemetry,
    shutdownDeadlineMs,
  ])
}
