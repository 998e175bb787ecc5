import type { Clock } from '#src/component/clock.ts'
import { systemClock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { watchDirectories, type DirectoryWatch } from '#src/config/directory-watch.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ServiceView } from '#src/telemetry/service-view.ts'
import { watchEscapedErrors } from './escaped-errors.ts'
import type { LossReport } from './graph.ts'
import { ReloadableService, type Reread } from './reloadable-service.ts'

/** The exit statuses of the command. */
export const exitStatus = {
  done: 0,
  /** The configuration is wrong, or a component cannot start. */
  failed: 1,
  /** The command line is wrong, or this Node is too old. */
  usage: 2,
  /** An error of the core itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const

/** What stands beside the pipelines while they run: own metrics, the admin server. It is started again when its configuration changes. */
export interface Surroundings {
  stop(): Promise<void>
}

/** What `runService` is given. */
export interface ServiceOptions {
  readonly configuration: Configuration
  readonly version: string
  readonly logger: Logger
  readonly clock?: Clock
  /** Reads the configuration again. */
  reread(): Promise<Reread>
  /** The text for people of an error that a start or a reload threw. */
  explain(error: unknown): string
  /** Starts what stands beside the pipelines. */
  surround(configuration: Configuration, view: ServiceView): Promise<Surroundings>
}

/**
 * Runs a configuration until the process is told to stop: SIGTERM and SIGINT stop it, SIGHUP and a change in the
 * watched directories make it read the configuration again.
 *
 * @returns the exit status
 */
export async function runService(options: ServiceOptions): Promise<number> {
  const { logger, clock = systemClock } = options
  const { promise: stopped, resolve: stop } = Promise.withResolvers<number>()
  const service = new ReloadableService(options.configuration, { ...options, clock, changed: renew })
  const unwatchErrors = watchEscapedErrors(logger, () => stop(exitStatus.internal))
  const surroundings = new RenewedSurroundings(options, service)
  const watching = new RenewedWatch(clock, logger, service)

  function renew(): void {
    watching.renew()
    surroundings.renew().catch((error: unknown) => {
      logger.error('own telemetry cannot start with the new configuration', { error: options.explain(error) })
    })
  }

  const unlisten = listenToSignals({
    SIGTERM: () => stop(exitStatus.done),
    SIGINT: () => stop(exitStatus.done),
    SIGHUP: () => void service.reload(),
  })
  try {
    await surroundings.renew()
    await service.start()
  } catch (error) {
    logger.error('the service cannot start', { error: options.explain(error) })
    await surroundings.stop()
    unlisten()
    unwatchErrors()
    return exitStatus.failed
  }
  watching.renew()
  logger.info('everything runs', { pipelines: [...options.configuration.pipelines.keys()] })

  const status = await stopped
  logger.info('stopping')
  watching.close()
  tellLosses(await service.stop(), logger)
  await surroundings.stop()
  unlisten()
  unwatchErrors()
  logger.info('stopped')
  return status
}

/** Own metrics and the admin server, started again when what configures them changed. */
class RenewedSurroundings {
  readonly #options: ServiceOptions
  readonly #service: ReloadableService
  #running: Surroundings | undefined
  #configured = ''

  constructor(options: ServiceOptions, service: ReloadableService) {
    this.#options = options
    this.#service = service
  }

  async renew(): Promise<void> {
    const { configuration } = this.#service
    const { telemetry, extensions, serviceExtensions } = configuration
    const configured = JSON.stringify([
      telemetry,
      serviceExtensions.map((id) => [id, extensions.get(id)?.fingerprint]),
    ])
    if (configured === this.#configured) return
    await this.#running?.stop()
    this.#running = undefined
    this.#running = await this.#options.surround(configuration, this.#service)
    this.#configured = configured
  }

  async stop(): Promise<void> {
    await this.#running?.stop()
  }
}

/** The watch on the directories of the configuration that runs. */
class RenewedWatch {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #service: ReloadableService
  #watch: DirectoryWatch | undefined

  constructor(clock: Clock, logger: Logger, service: ReloadableService) {
    this.#clock = clock
    this.#logger = logger
    this.#service = service
  }

  renew(): void {
    this.#watch?.close()
    this.#watch = watchDirectories(
      this.#service.configuration.watched,
      this.#clock,
      () => void this.#service.reload(),
      (directory, error) =>
        this.#logger.warn('a directory cannot be watched for changes', { directory, error }),
    )
  }

  close(): void {
    this.#watch?.close()
  }
}

/** Calls back on signals; the second SIGTERM or SIGINT ends the process at once. */
function listenToSignals(handlers: Readonly<Partial<Record<NodeJS.Signals, () => void>>>): () => void {
  let stopping = false
  const listeners = Object.entries(handlers).map(([signal, handler]): [string, () => void] => [
    signal,
    () => {
      const ends = signal !== 'SIGHUP'
      if (ends && stopping) process.kill(process.pid, 'SIGKILL')
      stopping ||= ends
      handler()
    },
  ])
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

function tellLosses(losses: readonly LossReport[], logger: Logger): void {
  for (const { exporter, points } of losses) {
    logger.warn('data points were lost at the stop: they were accepted and could not be delivered in time', {
      exporter,
      points,
    })
  }
}
