import type { Clock } from '#src/component/clock.ts'
import type { Processor, ReceiverDefinition, TargetShare } from '#src/component/define.ts'
import { ConfigError } from '#src/config/config-error.ts'
import type { ComponentConfig, Configuration, PipelineConfig } from '#src/config/configuration.ts'
import { Collections } from '#src/telemetry/collections.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ComponentStatus } from '#src/telemetry/service-view.ts'
import { wireChain, type Chain } from './chain.ts'
import { ComponentNode } from './component-node.ts'
import type { Consumer } from './consumer.ts'
import { ExporterNode } from './exporter-node.ts'
import { FanOut } from './fan-out.ts'
import { GraphError, type ComponentMistake } from './graph-error.ts'
import { Link } from './link.ts'
import { ReceiverNode } from './receiver-node.ts'

/** What the graph needs of its surroundings. */
export interface GraphContext {
  readonly clock: Clock
  readonly logger: Logger
  /** In a worker thread: its part of the targets. */
  readonly share?: TargetShare
  /** In a worker thread: where an exporter puts what it encodes. */
  readonly outboxFor?: (exporter: ComponentStatus) => RequestSink
}

/** One pipeline of the graph. */
export interface PipelineNode {
  readonly config: PipelineConfig
  readonly chain: Chain
  readonly fanOut: FanOut
  /** By exporter id; they outlive a replaced chain. */
  readonly links: Map<string, Link>
}

/** The parts of a graph, as one configuration wants them. */
export interface Parts {
  readonly exporters: ReadonlyMap<string, ExporterNode>
  readonly pipelines: ReadonlyMap<string, PipelineNode>
  readonly receivers: ReadonlyMap<string, ReceiverNode>
  /** What receivers that run do to take other options, once all else is in place. */
  readonly changes: readonly (() => void)[]
}

/** A graph of nothing. */
export const noParts: Parts = {
  exporters: new Map(),
  pipelines: new Map(),
  receivers: new Map(),
  changes: [],
}

/**
 * Makes the parts that a configuration wants, and takes over those of a running graph that did not change. Nothing
 * is started, and the running graph is not touched.
 *
 * @throws GraphError with every mistake that factories found in their options
 */
export function makeParts(configuration: Configuration, before: Parts, context: GraphContext): Parts {
  const maker = new Maker(configuration, before, context)
  const exporters = maker.exporters()
  const pipelines = maker.pipelines(exporters)
  const receivers = maker.receivers()
  if (maker.mistakes.length > 0) throw new GraphError(maker.mistakes)
  return { exporters, pipelines, receivers, changes: maker.changes }
}

class Maker {
  readonly mistakes: ComponentMistake[] = []
  readonly changes: (() => void)[] = []
  readonly #configuration: Configuration
  readonly #before: Parts
  readonly #context: GraphContext

  constructor(configuration: Configuration, before: Parts, context: GraphContext) {
    this.#configuration = configuration
    this.#before = before
    this.#context = context
  }

  exporters(): Map<string, ExporterNode> {
    const made = new Map<string, ExporterNode>()
    for (const id of this.#used('exporters')) {
      const config = this.#configuration.exporters.get(id)
      if (config === undefined) continue
      const old = this.#before.exporters.get(id)
      if (old !== undefined && stays(old.node, config)) {
        made.set(id, old)
        continue
      }
      const node = this.#node(config)
      const outbox = this.#context.outboxFor?.(node)
      const exporter = this.#create(node, () =>
        config.definition.create(config.options, { ...node.context, outbox }),
      )
      made.set(id, new ExporterNode(node, exporter))
    }
    return made
  }

  receivers(): Map<string, ReceiverNode> {
    const made = new Map<string, ReceiverNode>()
    for (const id of this.#used('receivers')) {
      const config = this.#configuration.receivers.get(id)
      if (config === undefined) continue
      const old = this.#before.receivers.get(id)
      if (old !== undefined && stays(old.node, config)) {
        made.set(id, old)
        continue
      }
      const change = old && this.#change(old, config)
      if (old !== undefined && change !== undefined) {
        made.set(id, old)
        this.changes.push(change)
        continue
      }
      const receiver = new ReceiverNode(this.#node(config))
      const { share } = this.#context
      const context = { ...receiver.contextWith(receiver.node.collections ?? new Collections()), share }
      receiver.attach(this.#create(receiver.node, () => config.definition.create(config.options, context)))
      made.set(id, receiver)
    }
    return made
  }

  /** Lets a running receiver check other options. Undefined where a new one is to take its place. */
  #change(receiver: ReceiverNode, config: ComponentConfig<ReceiverDefinition>): (() => void) | undefined {
    try {
      return receiver.prepare(config)
    } catch (error) {
      // A defect shows again when a new one is made.
      if (!(error instanceof ConfigError)) return undefined
      this.mistakes.push({ component: config, error })
      return () => undefined
    }
  }

  pipelines(exporters: ReadonlyMap<string, ExporterNode>): Map<string, PipelineNode> {
    const made = new Map<string, PipelineNode>()
    for (const [id, config] of this.#configuration.pipelines) {
      const old = this.#before.pipelines.get(id)
      const links = this.#links(config, exporters, old)
      const processors = config.processors.flatMap(
        (processor) => this.#configuration.processors.get(processor) ?? [],
      )
      const key = JSON.stringify(processors.map(({ id, fingerprint }) => [id, fingerprint]))
      if (old !== undefined && old.chain.key === key && old.chain.usable) {
        made.set(id, { config, chain: old.chain, fanOut: old.fanOut, links })
        continue
      }
      const fanOut = new FanOut()
      const nodes = processors.map((processor) => this.#node(processor, id))
      const chain = wireChain(nodes, key, fanOut, (node, next) => this.#processor(node, next, id))
      made.set(id, { config, chain, fanOut, links })
    }
    return made
  }

  #links(
    config: PipelineConfig,
    exporters: ReadonlyMap<string, ExporterNode>,
    old?: PipelineNode,
  ): Map<string, Link> {
    const links = new Map<string, Link>()
    for (const id of config.exporters) {
      const exporter = exporters.get(id)
      if (exporter === undefined) continue
      const kept = this.#before.exporters.get(id) === exporter ? old?.links.get(id) : undefined
      links.set(id, kept ?? new Link(exporter))
    }
    return links
  }

  #processor(node: ComponentNode, next: Consumer, pipeline: string): Processor | undefined {
    const definition = this.#configuration.processors.get(node.id)?.definition
    return this.#create(node, () =>
      definition?.create(node.config.options, { ...node.context, next, pipeline }),
    )
  }

  /** Runs a factory: a mistake in the options is collected, any other error fails the one component. */
  #create<Made>(node: ComponentNode, create: () => Made): Made | undefined {
    try {
      return node.run(create)
    } catch (error) {
      if (error instanceof ConfigError) this.mistakes.push({ component: node.config, error })
      else node.fail(error)
      return undefined
    }
  }

  #node(config: ComponentConfig, pipeline?: string): ComponentNode {
    return new ComponentNode(config, this.#context.clock, this.#context.logger, pipeline)
  }

  #used(kind: 'receivers' | 'exporters'): Set<string> {
    return new Set([...this.#configuration.pipelines.values()].flatMap((pipeline) => pipeline[kind]))
  }
}

function stays(node: ComponentNode, config: ComponentConfig): boolean {
  return node.config.fingerprint === config.fingerprint && !node.failed
}
