import type { Configuration } from '#src/config/configuration.ts'
import { fingerprintOf } from '#src/config/fingerprint.ts'
import type { Location, ServiceView } from '#src/telemetry/service-view.ts'

/** What stands beside the pipelines while they run: own metrics, the admin server. */
export interface Surroundings {
  /** What people can look at. */
  readonly locations: readonly Location[]
  stop(): Promise<void>
}

/** Starts what stands beside the pipelines, or throws and leaves nothing running. */
export type Surround = (configuration: Configuration, view: ServiceView) => Promise<Surroundings>

interface Running {
  readonly surroundings: Surroundings
  readonly configuration: Configuration
}

/** Own metrics and the admin server, started again when what configures them changed. */
export class RenewedSurroundings {
  readonly #surround: Surround
  readonly #view: ServiceView
  #running: Running | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(surround: Surround, view: ServiceView) {
    this.#surround = surround
    this.#view = view
  }

  get locations(): readonly Location[] {
    return this.#running?.surroundings.locations ?? []
  }

  /**
   * Makes them what a configuration says, one call after another.
   *
   * @throws what could not start; what ran before runs again
   */
  async renew(configuration: Configuration): Promise<void> {
    await this.#next(async () => {
      const before = this.#running
      if (before !== undefined && digest(before.configuration) === digest(configuration)) return
      await this.#end()
      try {
        await this.#begin(configuration)
      } catch (error) {
        if (before !== undefined) await this.#begin(before.configuration)
        throw error
      }
    })
  }

  /** Stops them, after a renewal that is under way. */
  async stop(): Promise<void> {
    await this.#next(async () => await this.#end())
  }

  async #next(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(task)
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  async #begin(configuration: Configuration): Promise<void> {
    this.#running = { surroundings: await this.#surround(configuration, this.#view), configuration }
  }

  async #end(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.surroundings.stop()
  }
}

/** A text that is equal for configurations with the same surroundings. */
function digest({ telemetry, extensions, serviceExtensions }: Configuration): string {
  return fingerprintOf([telemetry, serviceExtensions.map((id) => [id, extensions.get(id)?.fingerprint])])
}
