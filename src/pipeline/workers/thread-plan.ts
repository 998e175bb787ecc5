import type { ComponentConfig, Configuration, PipelineConfig } from '#src/config/configuration.ts'

/** Which thread runs what. */
export interface ThreadPlan {
  /** What the main thread runs. Of a pipeline that moved it has the exporters, which send what the workers encode. */
  readonly main: Configuration
  /** What every worker runs, each for its share of the targets; undefined where no pipeline can move. */
  readonly moved: Configuration | undefined
  /** Why pipelines stay on the main thread, by their ids; empty where no workers are asked for. */
  readonly staying: ReadonlyMap<string, string>
}

/**
 * Decides which pipelines move to the workers: those whose receivers divide their targets, whose processors can do with
 * some of the series, and whose exporters send what others encode. Pipelines that share a receiver go together, since
 * it must not collect twice.
 */
export function planThreads(configuration: Configuration): ThreadPlan {
  const { pipelines, workers } = configuration
  const staying = new Map<string, string>()
  if (workers === 0) return { main: configuration, moved: undefined, staying }
  for (const pipeline of pipelines.values()) {
    const reason = obstacle(pipeline, configuration)
    if (reason !== undefined) staying.set(pipeline.id, reason)
  }
  // One that stays may keep others, and these others still.
  for (let found = -1; found < staying.size;) {
    found = staying.size
    for (const { id, receivers } of pipelines.values()) {
      const shared = staying.has(id) ? undefined : sharedReceiver(receivers, staying, pipelines)
      if (shared !== undefined) staying.set(id, shared)
    }
  }
  if (staying.size === pipelines.size) return { main: configuration, moved: undefined, staying }
  const all = [...pipelines.values()]
  return {
    main: withPipelines(
      configuration,
      all.map((pipeline) =>
        staying.has(pipeline.id) ? pipeline : { ...pipeline, receivers: [], processors: [] },
      ),
    ),
    moved: withPipelines(
      configuration,
      all.filter(({ id }) => !staying.has(id)),
    ),
    staying,
  }
}

/** The same configuration with these pipelines instead of its own. */
export function withPipelines(
  configuration: Configuration,
  pipelines: readonly PipelineConfig[],
): Configuration {
  return { ...configuration, pipelines: new Map(pipelines.map((pipeline) => [pipeline.id, pipeline])) }
}

/** What keeps a pipeline on the main thread by itself. */
function obstacle(pipeline: PipelineConfig, configuration: Configuration): string | undefined {
  for (const { id, definition } of chosen(pipeline.receivers, configuration.receivers)) {
    if (definition.divides !== true) return `its receiver ${id} has no targets that could be divided`
  }
  for (const { id, definition } of chosen(pipeline.processors, configuration.processors)) {
    if (definition.needsAllSeries === true) return `its processor ${id} needs all series in one place`
  }
  for (const { id, definition } of chosen(pipeline.exporters, configuration.exporters)) {
    if (definition.pulling === true)
      return `its exporter ${id} holds all series for peers that come to get them`
    if (definition.splits !== true) return `its exporter ${id} cannot send what other threads encode`
  }
  return undefined
}

function sharedReceiver(
  receivers: readonly string[],
  staying: ReadonlyMap<string, string>,
  pipelines: ReadonlyMap<string, PipelineConfig>,
): string | undefined {
  for (const receiver of receivers) {
    for (const id of staying.keys()) {
      if (pipelines.get(id)?.receivers.includes(receiver) === true)
        return `its receiver ${receiver} is also in ${id}, which stays`
    }
  }
  return undefined
}

function chosen<Config extends ComponentConfig>(
  ids: readonly string[],
  configs: ReadonlyMap<string, Config>,
): Config[] {
  return ids.flatMap((id) => configs.get(id) ?? [])
}
