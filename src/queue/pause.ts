import type { Clock } from '#src/component/clock.ts'

/** Waits for some milliseconds, or until the signal aborts. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = (): void => resolve()
  const cancel = clock.after(delayMs, end)
  signal.addEventListener('abort', end)
  await promise
  signal.removeEventListener('abort', end)
  cancel()
}
