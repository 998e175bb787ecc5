import type {
  ComponentDefinition,
  ComponentKind,
  ExporterDefinition,
  ExtensionDefinition,
  ProcessorDefinition,
  ReceiverDefinition,
} from './define.ts'

/** Loads the module of a component; its default export is the definition. */
type Load<Definition> = () => Promise<{ readonly default: Definition }>

/** The components of one kind, by type. A function each, so that those not used cost nothing. */
export interface Registry {
  readonly receiver: Readonly<Record<string, Load<ReceiverDefinition>>>
  readonly processor: Readonly<Record<string, Load<ProcessorDefinition>>>
  readonly exporter: Readonly<Record<string, Load<ExporterDefinition>>>
  readonly extension: Readonly<Record<string, Load<ExtensionDefinition>>>
}

/** Every component that Weir brings along. The one place of `src` that may import components. */
export const registry: Registry = {
  receiver: {
    container: async () => await import('../../receivers/container/index.ts'),
    hostmetrics: async () => await import('../../receivers/hostmetrics/index.ts'),
    k8s_state: async () => await import('../../receivers/k8s_state/index.ts'),
    kubelet_stats: async () => await import('../../receivers/kubelet_stats/index.ts'),
    otlp: async () => await import('../../receivers/otlp/index.ts'),
    prometheus: async () => await import('../../receivers/prometheus/index.ts'),
    prometheus_remote_write: async () => await import('../../receivers/prometheus_remote_write/index.ts'),
  },
  processor: {
    attributes: async () => await import('../../processors/attributes/index.ts'),
    batch: async () => await import('../../processors/batch/index.ts'),
    filter: async () => await import('../../processors/filter/index.ts'),
    memory_limiter: async () => await import('../../processors/memory_limiter/index.ts'),
    relabel: async () => await import('../../processors/relabel/index.ts'),
    resource: async () => await import('../../processors/resource/index.ts'),
  },
  exporter: {
    debug: async () => await import('../../exporters/debug/index.ts'),
    json: async () => await import('../../exporters/json/index.ts'),
    kubelet: async () => await import('../../exporters/kubelet/index.ts'),
    otlp: async () => await import('../../exporters/otlp/index.ts'),
    otlp_http: async () => await import('../../exporters/otlp_http/index.ts'),
    prometheus: async () => await import('../../exporters/prometheus/index.ts'),
    prometheus_remote_write: async () => await import('../../exporters/prometheus_remote_write/index.ts'),
  },
  extension: { health_check: async () => await import('#src/extensions/health_check/index.ts') },
}

/** Names that the Collector gave up, or still accepts: file name to today's name. */
export const aliases: Readonly<Record<ComponentKind, Readonly<Record<string, string>>>> = {
  receiver: { kubeletstats: 'kubelet_stats', prometheusremotewrite: 'prometheus_remote_write' },
  processor: {},
  exporter: {
    logging: 'debug',
    otlp_grpc: 'otlp',
    otlphttp: 'otlp_http',
    prometheusremotewrite: 'prometheus_remote_write',
  },
  extension: {},
}

export type { ComponentDefinition }
