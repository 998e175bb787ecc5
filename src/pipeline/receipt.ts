/** What became of the data that a receipt stands for. */
export interface Settlement {
  /** Whether every branch that took the data has it where it survives: in a queue or at the peer. */
  readonly delivered: boolean
  /** Why not, from the first branch that failed. */
  readonly reason?: string
  /** Data points that were refused for good, where the peer said so. */
  readonly rejected: number
}

/**
 * A promise about data on its way, counted by references: each branch that takes the data retains it, and settles it
 * once when a durable queue or the peer has the data. When all have, the receiver is told, once, with the worst
 * outcome.
 */
export class Receipt {
  readonly #settled: (settlement: Settlement) => void
  #open = 1
  #reason: string | undefined
  #rejected = 0

  /** The maker holds one reference, and settles it when it has handed the data on. */
  constructor(settled: (settlement: Settlement) => void) {
    this.#settled = settled
  }

  /** Takes a reference more, for one more branch that will settle. */
  retain(): this {
    if (this.#open === 0) throw new Error('a settled receipt cannot be retained')
    this.#open++
    return this
  }

  /** The branch has done its part. */
  settle(): void {
    this.#close()
  }

  /** The branch could not deliver; `rejected` counts points that the peer refused for good. */
  fail(reason: string, rejected = 0): void {
    this.#reason ??= reason
    this.#rejected += rejected
    this.#close()
  }

  #close(): void {
    if (this.#open === 0) throw new Error('a receipt was settled more often than it was retained')
    if (--this.#open > 0) return
    const reason = this.#reason
    this.#settled({
      delivered: reason === undefined,
      rejected: this.#rejected,
      ...(reason === undefined ? {} : { reason }),
    })
  }
}
