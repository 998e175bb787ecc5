/** How far a write came. */
export interface Written {
  /** How many of the chunks, from the first on, are written whole; not always all, though nothing is wrong. */
  readonly whole: number
  /** What went wrong. Nothing is left of the next chunk, or it is taken away before the next write. */
  readonly error?: unknown
}

/** Where lines go. One call at a time. */
export interface Output {
  /** Looks whether it can be written to, so that a mistake shows at the start; again after each failure. */
  open(): Promise<void>
  /** Writes chunks of whole lines, in order: some of them at least, or it says why not. */
  write(chunks: readonly Buffer[]): Promise<Written>
  /** Forces what was written to the disk. */
  sync(): Promise<void>
  /** Takes away what was written since the last time that `sync` worked. */
  takeBack(): Promise<void>
  close(): Promise<void>
}
