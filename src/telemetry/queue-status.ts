/** What waits in the queue of an exporter, for those who tell others of it. A live view, not a copy. */
export interface QueueStatus {
  /** Bytes of requests that are in memory, those in flight included. */
  readonly memoryBytes: number
  /** Unix time in milliseconds when the oldest request was put in; undefined where none waits. */
  readonly oldest: number | undefined
  /** What is on disk, where the queue is there. */
  readonly disk: DiskStatus | undefined
}

/** A queue on disk. */
export interface DiskStatus {
  readonly directory: string
  readonly bytes: number
  readonly maxBytes: number
  /** What a loss of power may cost, in seconds; undefined where nobody can say, since nothing is synced. */
  readonly lossWindowSeconds: number | undefined
  /** Whether it can be written to now. */
  readonly writable: boolean
  /** Times that something could not be read and was put into quarantine, and the bytes of that, since the start. */
  readonly damages: number
  readonly damagedBytes: number
}
