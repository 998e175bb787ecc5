import type { ReceiverContext } from '#src/component/define.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { watchFiles, type FileWatch } from '#src/config/file-watch.ts'
import type { Watches } from '#src/kubernetes/watches.ts'
import type { ResourceState } from '../resource-state.ts'
import { customResourcesOf, type CustomOptions } from './configured.ts'
import type { CustomResource } from './custom-resource.ts'
import { CustomStates, type CustomEvents } from './custom-states.ts'

/** The custom resources that options describe. What their file says holds as soon as it changes. */
export class CustomResources {
  readonly #options: CustomOptions
  readonly #context: ReceiverContext
  readonly #events: CustomEvents
  #resources: readonly CustomResource[]
  #watches: Watches | undefined
  #states: CustomStates | undefined
  #fileWatch: FileWatch | undefined

  /** @throws {ConfigError} with all mistakes */
  constructor(options: CustomOptions, context: ReceiverContext, events: CustomEvents) {
    this.#options = options
    this.#context = context
    this.#events = events
    this.#resources = customResourcesOf(options)
  }

  /** Those that the cluster has now. */
  get states(): readonly ResourceState[] {
    return this.#states?.states ?? []
  }

  /** Begins to watch, or begins anew: then others have the series of what was watched before. */
  watch(watches: Watches): void {
    this.#watches = watches
    this.#states?.stop()
    this.#begin()
    const { custom_resource_state_file: file } = this.#options
    if (file === undefined) return
    const { clock, logger } = this.#context
    this.#fileWatch ??= watchFiles(
      [file],
      clock,
      () => this.#fileChanged(),
      (directory, error) =>
        logger.warn('changes of custom resources show late: the directory of their file cannot be watched', {
          directory,
          error,
        }),
    )
  }

  stop(): void {
    this.#fileWatch?.close()
    this.#states?.stop()
  }

  #begin(): void {
    if (this.#watches === undefined) return
    this.#states = new CustomStates(this.#resources, this.#context.logger, this.#events)
    this.#states.start(this.#watches)
  }

  #fileChanged(): void {
    const { logger } = this.#context
    try {
      this.#resources = customResourcesOf(this.#options)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      logger.error('the file of custom resources changed and cannot be used: what it said before holds', {
        error: error.message,
      })
      return
    }
    logger.info('the file of custom resources changed: what it says holds')
    this.#states?.end()
    this.#begin()
  }
}
