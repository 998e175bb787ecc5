import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { MeterProvider, type MetricProducer, type MetricReader } from '@opentelemetry/sdk-metrics'
import type { Clock } from '#src/component/clock.ts'
import type { TelemetryReader } from '#src/config/configuration.ts'
import type { RunningServer } from '#src/http/server.ts'
import type { Logger } from './logger.ts'
import { OwnMetricProducer } from './own-metric-producer.ts'
import type { MetricLevel } from './own-metric.ts'
import type { OwnTelemetry } from './own-telemetry.ts'
import { ProcessReadings } from './process-readings.ts'
import { forwardDiagnostics } from './sdk-diagnostics.ts'
import type { ServiceView } from './service-view.ts'

/** What the readers are made from. */
export interface ReaderSettings {
  readonly level: MetricLevel
  readonly readers: readonly TelemetryReader[]
  readonly resource: Readonly<Record<string, string>>
  readonly service: ServiceView
  readonly logger: Logger
  readonly clock: Clock
}

/** A reader of the SDK that is made, and has not begun. */
export interface MadeReader {
  readonly reader: MetricReader
  /** Begins to serve, where the reader is scraped. */
  readonly listen?: () => Promise<RunningServer>
}

/** What a last push may take when telemetry ends. */
const shutdownTimeoutMs = 5000

/** Starts all readers, or none. */
export async function startReaders(settings: ReaderSettings): Promise<OwnTelemetry> {
  const { level, service, logger, clock } = settings
  const readings = new ProcessReadings(clock)
  const producer = new OwnMetricProducer(level, () => ({ service, process: readings.read() }), clock)
  const endDiagnostics = forwardDiagnostics(logger)
  const servers: RunningServer[] = []
  let provider: MeterProvider | undefined

  async function shutdown(): Promise<void> {
    await Promise.all(servers.map(async (server) => await server.close()))
    try {
      await provider?.shutdown({ timeoutMillis: shutdownTimeoutMs })
    } catch (error) {
      logger.warn('own metrics could not be pushed at the end', { error })
    }
    readings.close()
    endDiagnostics()
  }

  try {
    const readers = await Promise.all(
      settings.readers.map(async (reader) => await makeReader(reader, producer, logger)),
    )
    provider = new MeterProvider({
      resource: resourceOf(settings),
      readers: readers.map(({ reader }) => reader),
    })
    for (const { listen } of readers) if (listen !== undefined) servers.push(await listen())
  } catch (error) {
    await shutdown()
    throw error
  }
  return { locations: servers.map(({ url }) => `${url}/metrics`), shutdown }
}

function resourceOf({ service, resource }: ReaderSettings): Resource {
  return resourceFromAttributes({
    'service.name': 'weir',
    'service.version': service.version,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    ...resource,
  })
}

async function makeReader(
  reader: TelemetryReader,
  producer: MetricProducer,
  logger: Logger,
): Promise<MadeReader> {
  if (reader.kind === 'prometheus') {
    const { servePrometheus } = await import('./prometheus-reader.ts')
    return servePrometheus(reader, producer, logger)
  }
  const { pushOtlp } = await import('./otlp-reader.ts')
  return pushOtlp(reader, producer)
}
