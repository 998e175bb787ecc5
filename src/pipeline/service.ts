import type { Clock } from '#src/component/clock.ts'
import { systemClock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'
import type { Location, ServiceView } from '#src/telemetry/service-view.ts'
import { watchEscapedErrors } from './escaped-errors.ts'
import { exitStatus } from './exit-status.ts'
import type { LossReport } from './graph.ts'
import { tellMistakes, type Mistake } from './mistake.ts'
import { ReloadableService, type Reread } from './reloadable-service.ts'
import { RenewedSurroundings, type Surround } from './renewed-surroundings.ts'
import { RenewedWatch } from './renewed-watch.ts'

/** What `runService` is given. */
export interface ServiceOptions {
  readonly configuration: Configuration
  readonly version: string
  readonly logger: Logger
  /** Writes a line of the log that a worker thread made, as it is. */
  writeLine(line: string): void
  readonly clock?: Clock
  /** Reads the configuration again. */
  reread(): Promise<Reread>
  /** For people: what a start or a reload threw. */
  explain(error: unknown): readonly Mistake[]
  /** Is told, once everything runs, what people can look at. */
  announce?(locations: readonly Location[]): void
  /** Starts what stands beside the pipelines; again, when its configuration changed. */
  readonly surround: Surround
}

/**
 * Runs a configuration until the process is told to stop: SIGTERM and SIGINT stop it, SIGHUP and a change of its files
 * make it read the configuration again.
 *
 * @returns the exit status
 */
export async function runService(options: ServiceOptions): Promise<number> {
  const { logger, clock = systemClock } = options
  const { promise: stopped, resolve: stop } = Promise.withResolvers<number>()
  const service = new ReloadableService(options.configuration, { ...options, clock, renewed: renew })
  const unwatchErrors = watchEscapedErrors(logger, () => stop(exitStatus.internal))
  const surroundings = new RenewedSurroundings(options.surround, service)
  const watching = new RenewedWatch(clock, logger, service)

  function renew(): void {
    watching.renew()
    surroundings.renew(service.configuration).catch((error: unknown) => {
      service.refuse(
        'the new configuration runs, but own telemetry goes on as before',
        options.explain(error),
      )
    })
  }

  const unlisten = listenToSignals({
    SIGTERM: () => stop(exitStatus.done),
    SIGINT: () => stop(exitStatus.done),
    SIGHUP: () => void service.reload(),
  })
  async function start(): Promise<void> {
    watching.renew()
    await surroundings.renew(service.configuration)
    await service.start()
    if (service.stopping) return
    const locations = [...locationsOf(service), ...surroundings.locations]
    const pipelines = [...options.configuration.pipelines.keys()]
    logger.info('everything runs', { pipelines, look_at: locations.map(({ location }) => location) })
    options.announce?.(locations)
  }

  async function end(): Promise<void> {
    watching.close()
    await surroundings.stop()
    unlisten()
    unwatchErrors()
  }

  let status: number
  try {
    // A start that hangs must not outlast a signal.
    status = await Promise.race([stopped, start().then(async () => await stopped)])
  } catch (error) {
    tellMistakes(options.explain(error), logger)
    await end()
    return exitStatus.failed
  }
  logger.info('stopping')
  const losses = await service.stop()
  tellLosses(losses, logger)
  await end()
  logger.info('stopped', { lost_points: losses.reduce((sum, { points }) => sum + points, 0) })
  return status
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

function locationsOf(service: ServiceView): Location[] {
  return [...service.components()].flatMap(({ id, location }) =>
    location === undefined ? [] : [{ what: id, location }],
  )
}

function tellLosses(losses: readonly LossReport[], logger: Logger): void {
  for (const { exporter, points } of losses) {
    logger.warn('data points were lost at the stop: they were accepted and could not be delivered in time', {
      exporter,
      points,
      [notHeldBack]: true,
    })
  }
}
