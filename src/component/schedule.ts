import type { Clock } from './clock.ts'

/** What a schedule tells of its ticks. */
export interface Schedule {
  /** Ticks left out because the task before still ran, or because the process was suspended. */
  readonly missed: number
  /** Ends it; a running task is waited for. */
  stop(): Promise<void>
}

/**
 * Runs a task at once (after `initialDelayMs`), then every `intervalMs` on a grid of monotonic time. Ticks never
 * overlap and are never caught up: those that a slow task or a suspended process missed are counted.
 * The task handles its own errors; one that escapes goes to `onError`.
 */
export function every(
  clock: Clock,
  intervalMs: number,
  task: (signal: AbortSignal) => Promise<void> | void,
  options: { readonly initialDelayMs?: number; readonly onError: (error: unknown) => void },
): Schedule {
  const controller = new AbortController()
  const first = clock.monotonic() + (options.initialDelayMs ?? 0)
  let tick = 0
  let missed = 0
  let cancel = clock.after(options.initialDelayMs ?? 0, startTask)
  let running: Promise<void> | undefined

  function startTask(): void {
    running = runTask()
  }

  async function runTask(): Promise<void> {
    try {
      await task(controller.signal)
    } catch (error) {
      options.onError(error)
    }
    running = undefined
    if (controller.signal.aborted) return
    const due = Math.floor((clock.monotonic() - first) / intervalMs)
    missed += Math.max(0, due - tick)
    tick = Math.max(tick, due) + 1
    cancel = clock.after(Math.max(0, first + tick * intervalMs - clock.monotonic()), startTask)
  }

  return {
    get missed() {
      return missed
    },
    async stop() {
      controller.abort()
      cancel()
      await running
    },
  }
}
