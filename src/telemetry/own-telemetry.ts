import { systemClock, type Clock } from '#src/component/clock.ts'
import type { TelemetryConfig } from '#src/config/configuration.ts'
import type { Logger } from './logger.ts'
import type { ServiceView } from './service-view.ts'

/** Own metrics that are served or pushed. */
export interface OwnTelemetry {
  /** Where each reader that is scraped is found, in their order: `http://127.0.0.1:8888/metrics`. */
  readonly locations: readonly string[]
  /** Pushes once more where they are pushed, and ends it. */
  shutdown(): Promise<void>
}

const nothing: OwnTelemetry = { locations: [], shutdown: async () => await Promise.resolve() }

/**
 * Serves or pushes Weir's own metrics, as `service.telemetry.metrics` says. The SDK is loaded only where there is
 * something to do, gRPC only where metrics are pushed.
 *
 * @throws {ListenError} where a port cannot be had; nothing is left running then
 * @throws {ConfigError} for an endpoint that is none
 */
export async function startOwnTelemetry(
  config: TelemetryConfig,
  service: ServiceView,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<OwnTelemetry> {
  const { level, readers } = config.metrics
  if (level === 'none' || readers.length === 0) return nothing
  const { startReaders } = await import('./metric-readers.ts')
  return startReaders({ level, readers, resource: config.resource, service, logger, clock })
}
