import type { ComponentKind } from '#src/component/define.ts'
import type { Collections } from './collections.ts'
import type { Ledger } from './ledger.ts'
import type { QueueStatus } from './queue-status.ts'
import type { TargetsView } from './targets-view.ts'

/** How a component fares: the Collector's component statuses. */
export const componentStates = [
  'starting',
  'ok',
  'recoverable_error',
  'permanent_error',
  'stopping',
  'stopped',
] as const

export type ComponentState = (typeof componentStates)[number]

/** Something that people can look at: a URL or a path. */
export interface Location {
  /** What is there, in a word or two: a component's id. */
  readonly what: string
  readonly location: string
}

/** One component of the running service, as health endpoints and own metrics see it. A live view, not a copy. */
export interface ComponentStatus {
  readonly kind: ComponentKind
  /** `type` or `type/name`. */
  readonly id: string
  /** The pipeline it is part of: processors have one, the others serve several. */
  readonly pipeline?: string | undefined
  readonly state: ComponentState
  /** What went wrong, where something did. */
  readonly error?: string | undefined
  /** Unix time in milliseconds since which the state holds. */
  readonly since: number
  readonly ledger: Ledger
  readonly collections?: Collections | undefined
  /** Where people find what it exports: a URL or a path. */
  readonly location?: string | undefined
  /** What waits in an exporter, where it sends by a queue. */
  readonly queueStatus?: QueueStatus | undefined
  /** What a receiver scrapes. */
  readonly targets?: TargetsView | undefined
  /** Unix time in milliseconds when data last moved through it; undefined where none has. */
  readonly lastActivity?: number | undefined
  /** Where it runs in worker threads: its instance in each. All else is their sum. */
  readonly parts?: readonly ComponentPart[] | undefined
}

/** The instance of a component in one worker thread. */
export interface ComponentPart extends Pick<
  ComponentStatus,
  'state' | 'error' | 'since' | 'lastActivity' | 'ledger'
> {
  /** The number of the worker, from 1 on. */
  readonly worker: number
}

/** How a worker thread fares. */
export interface WorkerStatus {
  /** From 1 on. */
  readonly worker: number
  readonly state: 'starting' | 'ok' | 'dead'
  /** How often it was started again. */
  readonly restarts: number
  /** How it died, where it did. */
  readonly error: string | undefined
  /** Memory that JavaScript objects of the thread use, when it last reported. */
  readonly heapUsedBytes: number
  /** Time that its event loop worked rather than waited; since it was last started. */
  readonly activeSeconds: number
  /** The same object until it is started again: what counts starts over then. */
  readonly thread: object
}

/** What came of a reload. */
export interface ReloadOutcome {
  /** Whether the configuration that was read is the one that runs now. */
  readonly ok: boolean
  /** Whether anything was restarted. */
  readonly changed: boolean
  /** For people: what changed, or every mistake with its place. No secret is in it. */
  readonly message: string
  /** Unix time in milliseconds. */
  readonly time: number
}

/** The running service, for those who tell others about it. */
export interface ServiceView {
  /** Whether every component has been started. */
  readonly started: boolean
  /** Whether a stop has begun. */
  readonly stopping: boolean
  readonly version: string
  /** Unix time in milliseconds. */
  readonly startedAt: number
  /** Unix time in milliseconds when a configuration was last read and found good: at the start, or by a reload. */
  readonly loadedAt: number
  /** The last reload; undefined where there was none. */
  readonly lastReload: ReloadOutcome | undefined
  /** How many reloads worked and how many did not. */
  readonly reloads: { readonly ok: number; readonly failed: number }
  components(): Iterable<ComponentStatus>
  /** The worker threads; empty where there are none. */
  workers(): Iterable<WorkerStatus>
  /**
   * Brings up to date what is known of components in worker threads: at all times that is no older than a second, but
   * for their collections, and for targets, which are told only when they are asked for. Never rejects; what does not
   * answer within a second stays as it was.
   */
  refresh(detail?: { readonly targets?: boolean }): Promise<void>
  /** Reads the configuration again and applies it; never rejects. One at a time: a second call waits for the first. */
  reload(): Promise<ReloadOutcome>
}
