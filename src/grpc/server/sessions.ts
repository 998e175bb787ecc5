import type { ServerHttp2Session } from 'node:http2'

/** What bounds the connections of a server; times in milliseconds, 0 is no limit. */
export interface SessionLimits {
  readonly maxConnections: number
  /** Calls at a time on one connection. */
  readonly maxConcurrentStreams: number
  /** How long a connection without calls is kept. */
  readonly maxIdleMs: number
  /** How long a connection takes new calls, and how long those that run then have to end. */
  readonly maxAgeMs: number
  readonly maxAgeGraceMs: number
  /** How often a client is asked whether it is still there, and how long it has to answer. */
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
}

interface Entry {
  calls: number
  readonly timers: Map<'idle' | 'age' | 'ping' | 'pong', NodeJS.Timeout>
}

/** The connections of a server of HTTP/2, in the order of their last use. */
export class Sessions {
  readonly #limits: SessionLimits
  readonly #sessions = new Map<ServerHttp2Session, Entry>()

  constructor(limits: SessionLimits) {
    this.#limits = limits
  }

  /**
   * Takes a connection in. Past the limit the one that has idled longest is closed in its favour; where none idles, it is
   * closed itself.
   */
  add(session: ServerHttp2Session): void {
    session.on('error', () => undefined)
    if (this.#sessions.size >= this.#limits.maxConnections && !this.#evictIdle()) {
      session.destroy()
      return
    }
    const entry: Entry = { calls: 0, timers: new Map() }
    this.#sessions.set(session, entry)
    session.once('close', () => {
      this.#sessions.delete(session)
      for (const timer of entry.timers.values()) clearTimeout(timer)
    })
    session.on('stream', (stream) => {
      entry.calls++
      this.#clear(entry, 'idle')
      stream.once('close', () => {
        if (--entry.calls > 0) return
        if (this.#sessions.delete(session)) this.#sessions.set(session, entry)
        this.#watchIdle(session, entry)
      })
    })
    this.#watchIdle(session, entry)
    this.#watchAge(session, entry)
    this.#watchPings(session, entry)
  }

  /** Lets calls end for some time, then cuts them off. */
  async close(graceMs: number): Promise<void> {
    for (const session of this.#sessions.keys()) session.close()
    const ended = [...this.#sessions.keys()].map(
      async (session) => await new Promise((resolve) => session.once('close', resolve)),
    )
    const cutOff = setTimeout(() => {
      for (const session of this.#sessions.keys()) session.destroy()
    }, graceMs)
    await Promise.all(ended)
    clearTimeout(cutOff)
  }

  #evictIdle(): boolean {
    for (const [session, { calls }] of this.#sessions) {
      if (calls > 0) continue
      this.#sessions.delete(session)
      session.destroy()
      return true
    }
    return false
  }

  #watchIdle(session: ServerHttp2Session, entry: Entry): void {
    this.#after(entry, 'idle', this.#limits.maxIdleMs, () => session.close())
  }

  #watchAge(session: ServerHttp2Session, entry: Entry): void {
    const { maxAgeMs, maxAgeGraceMs } = this.#limits
    this.#after(entry, 'age', maxAgeMs, () => {
      session.close()
      this.#after(entry, 'age', maxAgeGraceMs, () => session.destroy())
    })
  }

  #watchPings(session: ServerHttp2Session, entry: Entry): void {
    const { pingIntervalMs, pingTimeoutMs } = this.#limits
    this.#after(entry, 'ping', pingIntervalMs, () => {
      if (session.closed || session.destroyed) return
      this.#after(entry, 'pong', pingTimeoutMs, () => session.destroy())
      session.ping((error) => {
        this.#clear(entry, 'pong')
        if (error === null) this.#watchPings(session, entry)
      })
    })
  }

  #after(entry: Entry, name: 'idle' | 'age' | 'ping' | 'pong', ms: number, act: () => void): void {
    this.#clear(entry, name)
    if (ms > 0) entry.timers.set(name, setTimeout(act, Math.min(ms, 2 ** 31 - 1)).unref())
  }

  #clear(entry: Entry, name: 'idle' | 'age' | 'ping' | 'pong'): void {
    clearTimeout(entry.timers.get(name))
    entry.timers.delete(name)
  }
}
