import type {
  ComponentDefinition,
  ExporterDefinition,
  ExtensionDefinition,
  ProcessorDefinition,
  ReceiverDefinition,
} from '#src/component/define.ts'
import type { Path } from './config-error.ts'

/** One component as configured: validated options, durations in milliseconds, secrets as `Secret`. */
export interface ComponentConfig<Definition extends ComponentDefinition = ComponentDefinition> {
  /** `type` or `type/name`, with the current type name where the file used an alias. */
  readonly id: string
  readonly definition: Definition
  readonly options: unknown
  /** Where it stands in the file, for messages: `['receivers', 'hostmetrics']`. */
  readonly path: Path
  /** A text that is equal for equal options, secrets included (hashed): what a reload compares. */
  readonly fingerprint: string
}

/** One pipeline: ids in order. */
export interface PipelineConfig {
  /** `metrics` or `metrics/name`. */
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** A configuration that holds together: what the engine builds the graph from. */
export interface Configuration {
  readonly receivers: ReadonlyMap<string, ComponentConfig<ReceiverDefinition>>
  readonly processors: ReadonlyMap<string, ComponentConfig<ProcessorDefinition>>
  readonly exporters: ReadonlyMap<string, ComponentConfig<ExporterDefinition>>
  readonly extensions: ReadonlyMap<string, ComponentConfig<ExtensionDefinition>>
  /** The extensions that the service starts, in order. */
  readonly serviceExtensions: readonly string[]
  readonly pipelines: ReadonlyMap<string, PipelineConfig>
  readonly telemetry: TelemetryConfig
  /** How many worker threads pipelines are spread over, as far as they can be; 0 keeps all on the main thread. */
  readonly workers: number
  /** The modules that components of the user's own come from: URLs. */
  readonly plugins: readonly string[]
  /** How long exporters may drain at a stop, in milliseconds. */
  readonly shutdownDeadlineMs: number
  /** The files that it was read from, absolute: a change in one of them is a change of the configuration. */
  readonly files: readonly string[]
}

/** `service.telemetry`, in the Collector's form. */
export interface TelemetryConfig {
  readonly logs: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly encoding: 'json' | 'console'
    readonly initialFields: Readonly<Record<string, string>>
  }
  readonly metrics: {
    readonly level: 'none' | 'basic' | 'normal' | 'detailed'
    readonly readers: readonly TelemetryReader[]
  }
  readonly resource: Readonly<Record<string, string>>
}

/** How own telemetry leaves: scraped from a port, or pushed by OTLP over gRPC. */
export type TelemetryReader =
  | { readonly kind: 'prometheus'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'otlp_grpc'
      readonly endpoint: string
      readonly intervalMs: number
      readonly timeoutMs: number
      readonly headers: Readonly<Record<string, unknown>>
      readonly insecure: boolean
    }
