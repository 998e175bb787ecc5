/** What became of the data that a receipt stands for. */
export interface Settlement {
  /**
   * Whether every branch that took the data has it where it survives, in a queue or at the peer, but for what was rejected. If
   * not, a branch lost some of it, and who sent it is to send it again.
   */
  readonly delivered: boolean
  /** Data points that no repetition brings through: a peer refused them for good, or an exporter has no way to say them. */
  readonly rejected: number
  /** Why, where some were lost or rejected: of the first branch that lost some, or else of the first that rejected some. */
  readonly reason?: string
}

/**
 * A promise about data on its way, counted by references: each branch that takes the data retains it, and settles it
 * once when a durable queue or the peer has the data. When all have, the receiver is told, once, with the worst
 * outcome.
 */
export class Receipt {
  readonly #settled: (settlement: Settlement) => void
  #open = 1
  #failure: string | undefined
  #rejection: string | undefined
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

  /** The branch has done its part, but for so many data points that nobody need send again. */
  reject(points: number, reason: string): void {
    this.#rejection ??= reason
    this.#rejected += points
    this.#close()
  }

  /** The branch lost data that could be delivered when it is sent again. */
  fail(reason: string): void {
    this.#failure ??= reason
    this.#close()
  }

  #close(): void {
    if (this.#open === 0) throw new Error('a receipt was settled more often than it was retained')
    if (--this.#open > 0) return
    const reason = this.#failure ?? this.#rejection
    this.#settled({
      delivered: this.#failure === undefined,
      rejected: this.#rejected,
      ...(reason === undefined ? {} : { reason }),
    })
  }
}
