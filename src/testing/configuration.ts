import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type ComponentDefinition,
  type Exporter,
  type Processor,
  type ProcessorContext,
  type Receiver,
  type ReceiverContext,
  type PipelineContext,
  type ExporterDefinition,
  type ProcessorDefinition,
  type ReceiverDefinition,
} from '#src/component/define.ts'
import type { ComponentConfig, Configuration, PipelineConfig } from '#src/config/configuration.ts'
import { Options } from '#src/config/schema.ts'

/** What a test says of a component: how to make it, and a text that stands for its options. */
interface Given<Context, Made> {
  readonly create: (context: Context) => Made
  /** Equal texts are equal options; a reload compares them. */
  readonly options?: string
  /** What its definition says of threads. */
  readonly traits?: {
    readonly divides?: boolean
    readonly needsAllSeries?: boolean
    readonly pulling?: boolean
    readonly splits?: boolean
  }
}

/** A configuration in a few lines, for tests of the graph. */
export interface GivenConfiguration {
  readonly receivers: Readonly<Record<string, Given<ReceiverContext, Receiver>>>
  readonly processors?: Readonly<Record<string, Given<ProcessorContext, Processor>>>
  readonly exporters: Readonly<Record<string, Given<PipelineContext, Exporter>>>
  /** Receivers, processors and exporters of each pipeline, each list separated by blanks. */
  readonly pipelines: Readonly<
    Record<string, readonly [receivers: string, processors: string, exporters: string]>
  >
}

const shared = { stability: 'development', description: 'A test component.', config: Options({}) } as const

/** Makes the configuration that the reader would have made. */
export function configurationOf(given: GivenConfiguration): Configuration {
  const receivers = components<ReceiverDefinition, Given<ReceiverContext, Receiver>>(
    'receivers',
    given.receivers,
    (type, { create, traits }) =>
      defineReceiver({ ...shared, ...traits, type, create: (_, context) => create(context) }),
  )
  const processors = components<ProcessorDefinition, Given<ProcessorContext, Processor>>(
    'processors',
    given.processors ?? {},
    (type, { create, traits }) =>
      defineProcessor({ ...shared, ...traits, type, create: (_, context) => create(context) }),
  )
  const exporters = components<ExporterDefinition, Given<PipelineContext, Exporter>>(
    'exporters',
    given.exporters,
    (type, { create, traits }) =>
      defineExporter({ ...shared, ...traits, type, create: (_, context) => create(context) }),
  )
  const pipelines = Object.entries(given.pipelines).map(([id, lists]): [string, PipelineConfig] => {
    const [from = [], through = [], to = []] = lists.map((list) =>
      list.split(' ').filter((item) => item !== ''),
    )
    return [id, { id, receivers: from, processors: through, exporters: to }]
  })
  return {
    receivers,
    processors,
    exporters,
    extensions: new Map(),
    serviceExtensions: [],
    pipelines: new Map(pipelines),
    telemetry: {
      logs: { level: 'info', encoding: 'json', initialFields: {} },
      metrics: { level: 'none', readers: [] },
      resource: {},
    },
    workers: 0,
    plugins: [],
    shutdownDeadlineMs: 200,
    files: [],
  }
}

function components<Definition extends ComponentDefinition, Each extends { readonly options?: string }>(
  section: string,
  given: Readonly<Record<string, Each>>,
  define: (type: string, each: Each) => Definition,
): Map<string, ComponentConfig<Definition>> {
  return new Map(
    Object.entries(given).map(([id, each]) => [
      id,
      { id, definition: define(id, each), options: {}, path: [section, id], fingerprint: each.options ?? '' },
    ]),
  )
}
