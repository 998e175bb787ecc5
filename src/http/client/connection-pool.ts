import type { Clock } from '#src/component/clock.ts'
import type { Connection } from './connection.ts'

/** How many idle connections are kept, and how long. */
export interface PoolLimits {
  readonly idleTimeoutMs: number
  readonly maxIdle: number
  readonly maxIdlePerOrigin: number
}

interface Idle {
  readonly connection: Connection
  readonly origin: string
  readonly since: number
}

/** Idle connections by origin. The one used last is taken first, so that those that are too many grow old. */
export class ConnectionPool {
  readonly #limits: PoolLimits
  readonly #clock: Clock
  readonly #byOrigin = new Map<string, Idle[]>()
  /** In the order in which they became idle. */
  readonly #all = new Set<Idle>()
  #cancelSweep: (() => void) | undefined
  #closed = false

  constructor(limits: PoolLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** The number of idle connections. */
  get size(): number {
    return this.#all.size
  }

  /** An idle connection to the origin, now the caller's. */
  take(origin: string): Connection | undefined {
    for (;;) {
      const idle = this.#byOrigin.get(origin)?.at(-1)
      if (idle === undefined) return undefined
      this.#remove(idle)
      if (idle.connection.usable) return idle.connection
    }
  }

  /** Keeps a connection for the next request, or closes it. */
  put(origin: string, connection: Connection): void {
    const { idleTimeoutMs, maxIdle, maxIdlePerOrigin } = this.#limits
    const list = this.#byOrigin.get(origin) ?? []
    const full = list.length >= maxIdlePerOrigin || idleTimeoutMs === 0 || maxIdle === 0
    if (this.#closed || full || !connection.usable) {
      connection.destroy()
      return
    }
    const idle = { connection, origin, since: this.#clock.monotonic() }
    list.push(idle)
    this.#byOrigin.set(origin, list)
    this.#all.add(idle)
    connection.onIdleEnd = () => this.#remove(idle)
    if (this.#all.size > maxIdle) this.#closeOldest()
    this.#schedule()
  }

  /** Closes idle connections, and whatever comes back later. */
  close(): void {
    this.#closed = true
    this.closeIdle()
  }

  /** Closes idle connections: what they were made with has changed. */
  closeIdle(): void {
    while (this.#all.size > 0) this.#closeOldest()
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #closeOldest(): void {
    const [oldest] = this.#all
    if (oldest === undefined) return
    this.#remove(oldest)
    oldest.connection.destroy()
  }

  #remove(idle: Idle): void {
    idle.connection.onIdleEnd = undefined
    this.#all.delete(idle)
    const list = this.#byOrigin.get(idle.origin)
    const index = list?.lastIndexOf(idle) ?? -1
    if (list === undefined || index < 0) return
    list.splice(index, 1)
    if (list.length === 0) this.#byOrigin.delete(idle.origin)
  }

  /** One timer for all: it waits for the oldest. */
  #schedule(): void {
    const [oldest] = this.#all
    if (this.#cancelSweep !== undefined || oldest === undefined) return
    const due = oldest.since + this.#limits.idleTimeoutMs - this.#clock.monotonic()
    this.#cancelSweep = this.#clock.after(Math.max(0, due), () => this.#sweep())
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    const before = this.#clock.monotonic() - this.#limits.idleTimeoutMs
    for (const idle of this.#all) {
      if (idle.since > before) break
      this.#remove(idle)
      idle.connection.destroy()
    }
    this.#schedule()
  }
}
