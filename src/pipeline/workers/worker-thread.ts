import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Clock } from '#src/component/clock.ts'
import type {
  AnswerMessage,
  CallName,
  Calls,
  FromWorker,
  Post,
  ToWorker,
  WorkerData,
} from './worker-message.ts'

/** What a worker runs: beside the command in the source and in the bundle, there above its chunks. */
const program = new URL(import.meta.url.endsWith('.ts') ? '../../worker.ts' : '../worker.js', import.meta.url)

const mebibyte = 2 ** 20
/** A thread that does not end within this time when it is told to is left behind: it may be stuck for ever. */
const endPatienceMs = 1000

/** Who is told what a thread says. */
export interface ThreadListener {
  take(message: Exclude<FromWorker, AnswerMessage>): void
  /** It is over; nothing comes any more. */
  ended(error: Error): void
}

/** One worker thread, from its start to its end. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #listener: ThreadListener
  readonly #calls = new Map<number, { resolve(answer: AnswerMessage): void; reject(error: Error): void }>()
  #lastCall = 0
  #error: Error | undefined
  #end: Error | undefined

  constructor(data: WorkerData, clock: Clock, listener: ThreadListener) {
    this.#clock = clock
    this.#listener = listener
    // Each thread may have as large a heap as the main thread; the default of workers does not follow its options.
    const maxOldGenerationSizeMb = Math.floor(getHeapStatistics().heap_size_limit / mebibyte)
    this.#worker = new Worker(program, {
      workerData: data,
      name: `weir-worker-${data.number}`,
      resourceLimits: { maxOldGenerationSizeMb },
    })
    this.#worker.on('message', (message: FromWorker) => this.#take(message))
    this.#worker.on('error', (error: unknown) => {
      this.#error = error instanceof Error ? error : new Error(String(error))
    })
    this.#worker.on('exit', (code) => this.#ended(this.#error ?? new Error(`it ended with status ${code}`)))
  }

  /** Time that its event loop worked rather than waited. */
  get activeSeconds(): number {
    return this.#worker.performance.eventLoopUtilization().active / 1000
  }

  readonly post: Post<ToWorker> = (message, transfer = []) => this.#worker.postMessage(message, [...transfer])

  /**
   * Asks it for something. Calls are done one after the other.
   *
   * @throws how it ended, where it does before it answers
   */
  async call<Name extends CallName>(name: Name, given: Calls[Name]['given']): Promise<AnswerMessage> {
    if (this.#end !== undefined) throw this.#end
    const { promise, resolve, reject } = Promise.withResolvers<AnswerMessage>()
    const id = ++this.#lastCall
    this.#calls.set(id, { resolve, reject })
    this.post({ kind: 'call', id, name, given })
    return await promise
  }

  /** Ends it by force. */
  async terminate(reason: string): Promise<void> {
    this.#error ??= new Error(reason)
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.after(endPatienceMs, resolve)
    await Promise.race([this.#worker.terminate(), late])
    cancel()
    this.#ended(this.#error)
  }

  #take(message: FromWorker): void {
    if (this.#end !== undefined) return
    if (message.kind !== 'answer') {
      this.#listener.take(message)
      return
    }
    this.#calls.get(message.id)?.resolve(message)
    this.#calls.delete(message.id)
  }

  #ended(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
    this.#listener.ended(error)
  }
}
