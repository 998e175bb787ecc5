/** What can end a wait before its time: what of an AbortSignal a wait needs, so that either will do. */
export interface Interruption {
  /** Why it ended, once it has. */
  readonly reason: unknown
  /** Throws the reason where it has ended. */
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}
