/** Where a process runs. */
export interface Place {
  /** Its address. */
  readonly host: string
  /** The command, with arguments, that starts another one there. */
  readonly enter: readonly string[]
}

/** Beside the test. */
export const here: Place = { host: '127.0.0.1', enter: ['env'] }
