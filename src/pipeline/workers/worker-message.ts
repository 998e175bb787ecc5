import type { ComponentKind } from '#src/component/define.ts'
import type { Path } from '#src/config/config-error.ts'
import type { TelemetryConfig } from '#src/config/configuration.ts'
import type { DropAnswer } from '#src/queue/intake.ts'
import type { EncodedRequest, SinkLimits } from '#src/queue/request-queue.ts'
import type { ComponentReport } from './component-report.ts'
import type { PortableConfiguration } from './portable-configuration.ts'
import type { TargetQuestion } from './target-question.ts'

/** What a worker is started with. */
export interface WorkerData {
  /** From 1 to `count`. */
  readonly number: number
  readonly count: number
  readonly logs: TelemetryConfig['logs']
}

/** What crosses of a request besides its memory: all that is plain data. */
export type PlainRequest = Omit<EncodedRequest, 'body' | 'shares' | 'release'>

/** What became of some data points of a request: the index of their share, and what `Settler` is told. */
export type Outcome =
  | readonly ['deliver', share: number, points: number]
  | readonly ['reject', share: number, points: number, reason: string]
  | readonly ['drop', share: number, points: number, reason: string, answer: DropAnswer]
  | readonly ['keep', share: number, points: number]

/** A request that a worker encoded. Its memory is transferred. */
export interface RequestMessage {
  readonly kind: 'request'
  readonly exporter: string
  /** Which instance of the exporter made it: those of one worker are numbered. */
  readonly instance: number
  /** Counts from 1 on within the instance. */
  readonly id: number
  readonly request: PlainRequest
  readonly memory: ArrayBuffer
  /** Where in the memory the body is. */
  readonly offset: number
  readonly length: number
  /** The data points of each share. */
  readonly points: readonly number[]
}

/** Every data point of a request is settled. */
export interface SettledMessage {
  readonly kind: 'settled'
  readonly instance: number
  readonly id: number
  /** Counts from 1 on within the instance. */
  readonly sequence: number
  /** In the order in which they came; undefined where all were delivered. */
  readonly outcomes: readonly Outcome[] | undefined
}

/** Nobody reads a request any more: its memory comes back, transferred. */
export interface ReturnedMessage {
  readonly kind: 'returned'
  readonly instance: number
  readonly id: number
  readonly memory: ArrayBuffer
}

/** How the queue on the main thread is now. */
export interface QueueMessage {
  readonly kind: 'queue'
  readonly instance: number
  /** Whether it has no room. */
  readonly full: boolean
  /** The format that it wants requests in, where it does not matter undefined. */
  readonly format: string | undefined
}

/** What a call of the main thread is given and gives back, by its name. */
export interface Calls {
  /** Makes the worker run a configuration; also with the limits of the queues on the main thread, by exporter. */
  readonly apply: {
    readonly given: {
      readonly configuration: PortableConfiguration
      readonly limits: Readonly<Record<string, SinkLimits>>
    }
    readonly answer: undefined
  }
  /** Reports with all that there is, besides targets. */
  readonly report: { readonly given: { readonly targets: boolean }; readonly answer: undefined }
  /** What rules do to a target or a series. */
  readonly trace: { readonly given: TargetQuestion; readonly answer: unknown }
  /** Stops everything, and posts all that is encoded. */
  readonly flush: { readonly given: undefined; readonly answer: undefined }
  /** Reports for the last time: what was settled by now is in it. */
  readonly finish: { readonly given: undefined; readonly answer: undefined }
}

export type CallName = keyof Calls

export interface CallMessage {
  readonly kind: 'call'
  readonly id: number
  readonly name: CallName
  readonly given: unknown
}

/** An error as it crosses threads: what `Graph.apply` throws keeps its kind. */
export type PortableError =
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'start'; readonly component: string; readonly message: string }
  | {
      readonly kind: 'graph'
      readonly mistakes: readonly {
        readonly component: ComponentKind
        readonly id: string
        readonly message: string
        readonly path: Path
      }[]
    }

export interface AnswerMessage {
  readonly kind: 'answer'
  readonly id: number
  readonly answer?: unknown
  readonly error?: PortableError
}

/** How far an instance of an exporter has come with what crosses. */
export interface OutboxReport {
  readonly instance: number
  /** The last request that was posted. */
  readonly posted: number
  /** The last settlement that was taken: a sequence number. */
  readonly settled: number
}

/** How the components of a worker fare. */
export interface ReportMessage {
  readonly kind: 'report'
  readonly components: readonly ComponentReport[]
  readonly outboxes: readonly OutboxReport[]
  readonly heapUsedBytes: number
  /** All memory that the thread uses. */
  readonly usedBytes: number
}

/** What all other threads use of memory. */
export interface MemoryMessage {
  readonly kind: 'memory'
  readonly othersBytes: number
}

/** A line of the log, ready to write. */
export interface LineMessage {
  readonly kind: 'line'
  readonly line: string
}

export type ToWorker = CallMessage | SettledMessage | ReturnedMessage | QueueMessage | MemoryMessage
export type FromWorker = RequestMessage | AnswerMessage | ReportMessage | LineMessage

/** Posts to the other thread. */
export type Post<Message> = (message: Message, transfer?: readonly ArrayBuffer[]) => void
