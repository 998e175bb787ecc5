import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { compileKubeletClient, nodeNameOf } from '#src/kubelet/client-config.ts'
import type { KubeletClient } from '#src/kubelet/client.ts'
import type { PlannedJob } from '#src/scrape/plan.ts'
import { Scraper } from '#src/scrape/scraper.ts'
import type { TargetsView } from '#src/telemetry/targets-view.ts'
import type { KubeletStatsConfig } from './config.ts'
import { SummaryLoop } from './summary-loop.ts'
import { planTextEndpoints } from './text-endpoints.ts'

/** Asks the kubelet of a node. */
export class KubeletStatsReceiver implements Receiver {
  readonly #client: KubeletClient
  readonly #summary: SummaryLoop | undefined
  readonly #plan: readonly PlannedJob[]
  readonly #scraper: Scraper

  /** @throws ConfigError where the options do not go together */
  constructor(config: KubeletStatsConfig, context: ReceiverContext) {
    const node = nodeNameOf(config.node)
    this.#client = compileKubeletClient(config, node, context)
    const made = { client: this.#client, node }
    this.#summary = config.endpoints.includes('summary') ? new SummaryLoop(config, context, made) : undefined
    this.#plan = planTextEndpoints(config, context, made)
    this.#scraper = new Scraper(context, [node])
  }

  /** The text endpoints. */
  get targets(): TargetsView {
    return this.#scraper
  }

  start(): void {
    this.#summary?.start()
    if (this.#plan.length > 0) this.#scraper.apply(this.#plan)
  }

  async stop(): Promise<void> {
    this.#scraper.stop(false)
    await this.#summary?.stop()
    this.#client.close()
  }
}
