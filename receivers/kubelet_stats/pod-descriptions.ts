import type { KubeletClient } from '#src/kubelet/client.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { KubeletStatsConfig } from './config.ts'
import { noDetails, parsePodDetails, type PodDetails } from './pod-details.ts'

/** How pods are asked for, and what of them becomes attributes. */
export interface PodDescriptionsSettings {
  readonly timeoutMs: number
  readonly attributes: ReadonlySet<KubeletStatsConfig['extra_metadata_labels'][number]>
  readonly logger: Logger
}

/** What a kubelet says of its pods at `/pods`. */
export class PodDescriptions {
  readonly #client: KubeletClient
  readonly #settings: PodDescriptionsSettings
  #known = noDetails
  /** What was said of the last failure, so that it is said once. */
  #failure: string | undefined

  constructor(client: KubeletClient, settings: PodDescriptionsSettings) {
    this.#client = client
    this.#settings = settings
  }

  /** What is said now; where it cannot be read, a word in the log, and what was said before. */
  async read(signal: AbortSignal): Promise<PodDetails> {
    const { timeoutMs, attributes, logger } = this.#settings
    try {
      const details = parsePodDetails(await this.#client.getText('/pods', timeoutMs, signal))
      this.#failure = undefined
      this.#known = {
        ...details,
        container: attributes.has('container.id') ? details.container : noDetails.container,
        volume: attributes.has('k8s.volume.type') ? details.volume : noDetails.volume,
      }
    } catch (error) {
      signal.throwIfAborted()
      const message = error instanceof Error ? error.message : String(error)
      if (message !== this.#failure)
        logger.warn('what pods say of themselves is missing: they cannot be read', { error: message })
      this.#failure = message
    }
    return this.#known
  }
}
