import type { ReceiverContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import { KubeletRefusal, type KubeletClient } from '#src/kubelet/client.ts'
import type { Summary } from '#src/kubelet/summary.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import { chosenVocabularies } from '#src/naming/vocabulary.ts'
import { noAllotment } from './allotment.ts'
import { needsPods, timeoutOf, type KubeletStatsConfig } from './config.ts'
import { summaryDuration, summaryUp } from './cycle-names.ts'
import { NodeCapacity } from './node-capacity.ts'
import { PodDescriptions } from './pod-descriptions.ts'
import { noDetails } from './pod-details.ts'
import { Rows } from './rows.ts'
import { nodeSubject, type Origin } from './subject.ts'
import { parseSummary, SummaryError } from './summary-body.ts'
import { rowsOf, type About } from './summary-rows.ts'
import { TrackedRows } from './tracked-rows.ts'
import { wantedWholes } from './utilization-names.ts'

/** The source of the summary in what the receiver counts of itself. */
const sourceName = 'summary'

/** Asks for the summary in cycles that never overlap; none of their errors gets out. */
export class SummaryLoop {
  readonly #config: KubeletStatsConfig
  readonly #context: ReceiverContext
  readonly #client: KubeletClient
  readonly #facts: Facts
  readonly #own: Recorder
  readonly #node: string
  readonly #tracked: TrackedRows
  /** Undefined where nothing needs it. */
  readonly #capacity: NodeCapacity | undefined
  readonly #pods: PodDescriptions | undefined
  #details = noDetails
  #schedule: Schedule | undefined
  /** What was said of the last failure, so that it is said once. */
  #failure: string | undefined

  constructor(
    config: KubeletStatsConfig,
    context: ReceiverContext,
    made: { client: KubeletClient; node: string },
  ) {
    this.#config = config
    this.#context = context
    this.#client = made.client
    this.#node = made.node
    this.#own = new Recorder(new Source(context.id, sourceName))
    this.#facts = new Facts(this.#own, {
      vocabularies: chosenVocabularies(config.naming),
      enabled: (metric) => config.metrics[metric]?.enabled,
    })
    this.#tracked = new TrackedRows(this.#facts, context)
    if (needsPods(config))
      this.#pods = new PodDescriptions(this.#client, {
        timeoutMs: timeoutOf(config),
        attributes: new Set(config.extra_metadata_labels),
        logger: context.logger,
      })
    const { k8s_api_config: api, metrics } = config
    if (api !== undefined && wantedWholes(metrics).has('node'))
      this.#capacity = new NodeCapacity(api, context)
  }

  start(): void {
    const { collection_interval: intervalMs, initial_delay: initialDelayMs } = this.#config
    this.#context.collections.intervalMs = intervalMs
    this.#schedule = every(this.#context.clock, intervalMs, async (signal) => await this.#runCycle(signal), {
      initialDelayMs,
      onError: (error) => this.#context.logger.error('a cycle failed', { error }),
    })
  }

  /** Ends the cycles; the running one is cut short and emits nothing. */
  async stop(): Promise<void> {
    await this.#schedule?.stop()
    this.#capacity?.close()
    this.#tracked.dispose()
    this.#own.dispose()
  }

  async #runCycle(signal: AbortSignal): Promise<void> {
    const { clock, collections } = this.#context
    const began = clock.monotonic()
    const time = clock.now()
    let summary: Summary | undefined
    let capacity = noAllotment.limit
    let error: unknown
    try {
      // The details first: rows that are shown before them would change their identity.
      if (this.#pods !== undefined) this.#details = await this.#pods.read(signal)
      if (this.#capacity !== undefined) capacity = await this.#capacity.read(this.#node, signal)
      summary = parseSummary(await this.#client.getText('/stats/summary', timeoutOf(this.#config), signal))
    } catch (failure) {
      error = failure
    }
    if (signal.aborted) return
    const durationMs = clock.monotonic() - began
    const origin: Origin = {
      // A virtual kubelet may leave its name out.
      node: summary === undefined || summary.node.nodeName === '' ? this.#node : summary.node.nodeName,
      instance: this.#client.base.host,
    }
    const batches = this.#write(summary, { origin, capacity }, time)
    batches.push(...this.#writeOwn(summary !== undefined, durationMs, time))
    collections.record({
      source: sourceName,
      durationMs,
      error: error === undefined ? undefined : reasonOf(error),
    })
    this.#tell(error)
    // Refused, it is a cycle left out: the engine counts it.
    this.#context.emit(batches)
    this.#tracked.forgetEnded()
  }

  #write(summary: Summary | undefined, known: Pick<About, 'origin' | 'capacity'>, time: number): Batch[] {
    const { collect_all_network_interfaces: allInterfaces, metric_groups: groups } = this.#config
    const rows = new Rows(this.#facts, time, allInterfaces)
    const about = { ...known, details: this.#details, groups: new Set(groups) }
    // What a kubelet that is away said before holds no longer.
    return this.#tracked.write(summary === undefined ? [] : rowsOf(summary, rows, about), time)
  }

  #writeOwn(up: boolean, durationMs: number, time: number): Batch[] {
    const { base } = this.#client
    this.#facts.turnTo(this.#own, nodeSubject({ node: this.#node, instance: base.host }))
    this.#facts.begin()
    this.#facts.record(summaryUp, {}, up ? 1 : 0)
    this.#facts.record(summaryDuration, {}, durationMs / 1000)
    return this.#facts.end(time)
  }

  #tell(error: unknown): void {
    const message = error === undefined ? undefined : messageOf(error)
    if (message === this.#failure) return
    const { logger } = this.#context
    if (message === undefined) {
      logger.info('the kubelet answers again')
      this.#context.report('ok')
    } else {
      logger.warn('the kubelet gives no summary: its metrics are missing', {
        url: this.#client.base.origin,
        reason: reasonOf(error),
        error: message,
      })
      this.#context.report('recoverable_error', error)
    }
    this.#failure = message
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Why a summary could not be had, in one word as metrics count it. */
function reasonOf(error: unknown): string {
  if (error instanceof ClientError) return error.code
  if (error instanceof KubeletRefusal) return 'http_status'
  return error instanceof SummaryError ? 'malformed_summary' : 'internal_error'
}
