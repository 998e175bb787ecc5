import { availableParallelism } from 'node:os'
import type { ConfigError } from './config-error.ts'
import type { MapNode } from './config-node.ts'
import type { TelemetryConfig } from './configuration.ts'
import { findMistakes, readOptions, type ReadOptions } from './options-reader.ts'
import { resolveReferences, type References, type ReferencesContext } from './pipelines.ts'
import type { HiddenPlaces } from './frame.ts'
import { viewOf } from './schema-view.ts'
import { ServiceOptions, type ServiceConfig } from './service-options.ts'
import { telemetrySettings } from './telemetry-settings.ts'

/** The section `service` as read. */
export interface ReadService {
  readonly read: ReadOptions
  /** Undefined where it does not hold to its schema. */
  readonly settings: ServiceSettings | undefined
}

/** What runs, and how. */
export interface ServiceSettings extends References {
  readonly telemetry: TelemetryConfig
  readonly shutdownDeadlineMs: number
  readonly workers: number
}

/** Reads what runs and how; what is wrong is found, with its place. Undefined where there is none. */
export function readService(
  root: MapNode,
  context: Omit<ReferencesContext, 'node'> & { readonly hidden: HiddenPlaces },
): ReadService | undefined {
  const { findings } = context
  const entry = root.entries.get('service')
  if (entry === undefined) {
    findings.error('service is missing: it says which pipelines run', root.place)
    return undefined
  }
  const written = entry.value.kind === 'map' ? { ...entry.value, place: entry.key } : entry.value
  const read = readOptions(written, viewOf(ServiceOptions), ['service'], context)
  if (!read.ok) return { read, settings: undefined }
  const service = read.options as ServiceConfig
  const references = resolveReferences(service, { ...context, node: read.node })
  const mistakes: ConfigError[] = []
  const telemetry = telemetrySettings(service.telemetry, mistakes)
  for (const mistake of mistakes) findMistakes(mistake, read.node, ['service'], findings)
  const workers = service.workers === 'auto' ? availableParallelism() - 1 : service.workers
  return {
    read,
    settings: { ...references, telemetry, workers, shutdownDeadlineMs: service.shutdown_deadline },
  }
}
