import type { Static, TSchema } from '#src/config/schema.ts'
import type { AccessRule, Account } from '#src/kubernetes/access-rule.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Series } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import type { Consumer } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { Collections } from '#src/telemetry/collections.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { ServiceView } from '#src/telemetry/service-view.ts'
import type { TargetsView } from '#src/telemetry/targets-view.ts'
import type { Clock } from './clock.ts'

/** How far a component can be trusted, in the Collector's words. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated'

/** The kinds of component that a configuration file lists. */
export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'extension'

/** What every component is given. */
export interface ComponentContext {
  /** `type` or `type/name`, as in the file. */
  readonly id: string
  readonly logger: Logger
  readonly clock: Clock
  /** Aborted when the component is stopped. */
  readonly signal: AbortSignal
  /** What became of the data points it took. */
  readonly ledger: Ledger
}

/** What every component of a pipeline is given more. */
export interface PipelineContext extends ComponentContext {
  /**
   * Tells how it fares while it runs, for health and status: `recoverable_error` with the error while it cannot do its
   * work and tries on, `ok` when it can again. It logs for itself.
   */
  report(state: 'ok' | 'recoverable_error', error?: unknown): void
}

/** What a receiver is given more. */
export interface ReceiverContext extends PipelineContext {
  /**
   * Hands batches to every pipeline that lists the receiver.
   *
   * @returns false where all of them refused: the cycle is skipped, and there are no stale markers for it
   */
  emit(batches: readonly Batch[], receipt?: Receipt): boolean
  /** A source has ended; stale markers, if it owes any, were emitted before. */
  forget(source: Source): void
  /** Where each collection cycle is recorded: its duration and its error. */
  readonly collections: Collections
  /** In a worker thread: which targets are this thread's. Undefined where there is but one thread: all of them. */
  readonly share?: TargetShare | undefined
}

/** The part of the targets that one of several threads has: each target is in just one. */
export interface TargetShare {
  /** Whether a target is in it, by whatever tells it from all others. The same in every run with as many threads. */
  takes(key: string): boolean
}

/** A receiver: starts to emit when told, stops when told. It does no I/O before `start`. */
export interface Receiver {
  start(): Promise<void> | void
  stop(): Promise<void> | void
  /**
   * Takes other options of its schema while it runs, for a receiver that has more to lose by a restart than time. It
   * checks them, changes nothing yet, and returns what makes them hold: the engine calls that once all else is in place.
   * A receiver without it is stopped, and a new one takes over.
   *
   * @throws ConfigError where the options do not go together
   */
  reconfigure?(config: unknown): () => void
  /** What it scrapes, for people to look at. */
  readonly targets?: TargetsView | undefined
}

/** What a processor is given more. */
export interface ProcessorContext extends PipelineContext {
  /** Where batches go from here. Only a processor with `consume` needs it. */
  readonly next: Consumer
  /** The id of the pipeline that it is part of: each pipeline has its own instance. */
  readonly pipeline: string
}

/** A function of identity: the engine calls it once per series and remembers the answer per layout. */
export interface SeriesProcessor {
  /** The series that takes its place, the same one, or undefined to drop it. An answer depends on the series alone. */
  mapSeries(series: Series): Series | undefined
  /** The reason under which dropped points are counted; `filtered` where not given. */
  readonly dropReason?: string
}

/** A function of a batch's columns, without memory. */
export interface BatchProcessor {
  /** The batch that takes its place, on the same layout, or undefined to drop it. */
  mapBatch(batch: Batch): Batch | undefined
  readonly dropReason?: string
}

/** A processor with memory: it takes batches and hands others on by `context.next`, now or later. */
export interface StatefulProcessor extends Consumer {
  start?(): Promise<void> | void
  /** Hands on what it still holds; receivers have stopped before. */
  stop?(): Promise<void> | void
}

export type Processor = SeriesProcessor | BatchProcessor | StatefulProcessor

/** What an exporter is given more. */
export interface ExporterContext extends PipelineContext {
  /**
   * In a worker thread: where requests go once they are encoded. The instance on the main thread sends them, and this
   * one has no connection of its own. Undefined on the main thread.
   */
  readonly outbox?: RequestSink | undefined
}

/** What was lost at a stop, for the report. */
export interface Loss {
  readonly points: number
  readonly reason: string
}

/** An exporter: takes batches at once, delivers them on its own time. It does no I/O before `start`. */
export interface Exporter extends Consumer {
  start?(): Promise<void> | void
  /** Where people find what it exports, once it has started: a URL or a path. */
  readonly location?: string | undefined
  /** What waits to be sent, where it sends by a queue. */
  readonly queueStatus?: QueueStatus | undefined
  /** Where requests that worker threads encoded go; for an exporter whose definition `splits`. */
  readonly queue?: RequestSink | undefined
  /**
   * Delivers what is queued until the signal aborts (the drain deadline), then gives up the rest, counted in the
   * ledger as dropped, and closes.
   */
  stop?(deadline: AbortSignal): Promise<void> | void
}

/** What an extension is given more. */
export interface ExtensionContext extends ComponentContext {
  /** The running service, to tell others about it. */
  readonly service: ServiceView
}

/** Something beside the pipelines: health endpoints, authentication, storage. */
export interface Extension {
  start?(): Promise<void> | void
  /** Where people find what it serves, once it has started: a URL. */
  readonly location?: string | undefined
  stop?(): Promise<void> | void
}

interface Definition<Kind extends ComponentKind, Schema extends TSchema, Context, Made> {
  readonly kind: Kind
  /** The type name in the file: the Collector's, where it has the component. */
  readonly type: string
  readonly stability: Stability
  /** One sentence, for `weir components` and the README. */
  readonly description: string
  /** The options: their JSON Schema, their TypeScript type and their documentation in one. */
  readonly config: Schema
  /** What the schema cannot say about the options; throws a `ConfigError`. Called before `create`, also by `validate`. */
  validate?(config: Static<Schema>): void
  /**
   * What an instance with these options must be allowed to do at the API server of Kubernetes, for `weir rbac`. It asks no
   * server.
   *
   * @param account who it is there
   */
  access?(config: Static<Schema>, account: Account): readonly AccessRule[]
  /** Makes one instance; throws a `ConfigError` where the options do not go together. No I/O. */
  create(config: Static<Schema>, context: Context): Made
}

export interface ReceiverDefinition<Schema extends TSchema = TSchema> extends Definition<
  'receiver',
  Schema,
  ReceiverContext,
  Receiver
> {
  /** Whether several instances in as many threads can divide its targets among them, by `context.share`. */
  readonly divides?: boolean
}

export interface ProcessorDefinition<Schema extends TSchema = TSchema> extends Definition<
  'processor',
  Schema,
  ProcessorContext,
  Processor
> {
  /** Whether it must see all series of a pipeline in one thread, as aggregation does. */
  readonly needsAllSeries?: boolean
}

export interface ExporterDefinition<Schema extends TSchema = TSchema> extends Definition<
  'exporter',
  Schema,
  ExporterContext,
  Exporter
> {
  /** Whether its peer comes to get the data, so that one instance must hold all series of a pipeline. */
  readonly pulling?: boolean
  /**
   * Whether instances in worker threads can encode what the one on the main thread sends: it takes `context.outbox`,
   * and has a `queue`.
   */
  readonly splits?: boolean
}

export type ExtensionDefinition<Schema extends TSchema = TSchema> = Definition<
  'extension',
  Schema,
  ExtensionContext,
  Extension
>

export type ComponentDefinition =
  | ReceiverDefinition
  | ProcessorDefinition
  | ExporterDefinition
  | ExtensionDefinition

/** Declares a receiver: the default export of its `index.ts`. */
export function defineReceiver<Schema extends TSchema>(
  definition: Omit<ReceiverDefinition<Schema>, 'kind'>,
): ReceiverDefinition<Schema> {
  return { kind: 'receiver', ...definition }
}

/** Declares a processor: the default export of its `index.ts`. */
export function defineProcessor<Schema extends TSchema>(
  definition: Omit<ProcessorDefinition<Schema>, 'kind'>,
): ProcessorDefinition<Schema> {
  return { kind: 'processor', ...definition }
}

/** Declares an exporter: the default export of its `index.ts`. */
export function defineExporter<Schema extends TSchema>(
  definition: Omit<ExporterDefinition<Schema>, 'kind'>,
): ExporterDefinition<Schema> {
  return { kind: 'exporter', ...definition }
}

/** Declares an extension: the default export of its `index.ts`. */
export function defineExtension<Schema extends TSchema>(
  definition: Omit<ExtensionDefinition<Schema>, 'kind'>,
): ExtensionDefinition<Schema> {
  return { kind: 'extension', ...definition }
}
