import { systemClock, type Clock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { StartError } from '#src/pipeline/start-error.ts'
import {
  defaultAdminSettings,
  startAdminServer,
  type AdminSettings,
} from '#src/telemetry/admin/admin-server.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { startOwnTelemetry } from '#src/telemetry/own-telemetry.ts'
import type { Location, ServiceView } from '#src/telemetry/service-view.ts'

/** What runs beside the pipelines. */
export interface RunningSurroundings {
  /** What people can look at. */
  readonly locations: readonly Location[]
  /** Ends it, in the reverse order of the start. */
  stop(): Promise<void>
}

/** What a caller may set; the rest is in the configuration. */
export interface SurroundingsOptions {
  readonly clock?: Clock
  /** How the admin server listens where no `health_check` configures it. */
  readonly admin?: AdminSettings
}

/**
 * Starts what stands beside the pipelines: own metrics, the extensions of the service in their order, and the admin
 * server, at its default address, where no `health_check` is among them.
 *
 * @throws {StartError} that names what could not start; nothing is left running then
 */
export async function startSurroundings(
  configuration: Configuration,
  service: ServiceView,
  logger: Logger,
  { clock = systemClock, admin = defaultAdminSettings }: SurroundingsOptions = {},
): Promise<RunningSurroundings> {
  const locations: Location[] = []
  const stops: { readonly id: string; readonly stop: () => Promise<void> | void }[] = []

  async function begin(
    id: string,
    start: () => Promise<(() => Promise<void> | void) | undefined>,
  ): Promise<void> {
    try {
      const stop = await start()
      if (stop !== undefined) stops.push({ id, stop })
    } catch (error) {
      await stopAll()
      throw new StartError(id, error)
    }
  }

  async function stopAll(): Promise<void> {
    for (const { id, stop } of stops.splice(0).toReversed()) {
      try {
        await stop()
      } catch (error) {
        logger.error('what runs beside the pipelines failed to stop', { part: id, error })
      }
    }
  }

  await begin('service.telemetry.metrics', async () => {
    const telemetry = await startOwnTelemetry(configuration.telemetry, service, logger, clock)
    for (const location of telemetry.locations) {
      logger.info('own metrics are served', { location })
      locations.push({ what: 'own metrics', location })
    }
    return async () => await telemetry.shutdown()
  })
  let health = false
  for (const id of configuration.serviceExtensions) {
    const config = configuration.extensions.get(id)
    if (config === undefined) continue
    health ||= config.definition.type === 'health_check'
    await begin(`extensions.${id}`, async () => {
      const controller = new AbortController()
      const extension = config.definition.create(config.options, {
        id,
        logger: logger.child({ kind: 'extension', component: id }),
        clock,
        signal: controller.signal,
        ledger: new Ledger(),
        service,
      })
      await extension.start?.()
      if (extension.location !== undefined) locations.push({ what: id, location: extension.location })
      return async () => {
        controller.abort()
        await extension.stop?.()
      }
    })
  }
  if (!health) {
    await begin('admin server', async () => {
      const server = await startAdminServer(admin, service, logger, clock)
      locations.push({ what: 'status', location: `${server.url}/status` })
      return async () => await server.close()
    })
  }
  return { locations, stop: stopAll }
}
