import type { EncodedRequest, RequestSink } from '#src/queue/request-queue.ts'
import { Ledger, type LedgerCounts } from '#src/telemetry/ledger.ts'
import type { Outcome, OutboxReport, Post, RequestMessage, ToWorker } from './worker-message.ts'

/** What an inbox works with. */
export interface InboxSurroundings {
  /** The queue of the exporter that runs now; undefined where it could not be made. */
  queue(): RequestSink | undefined
  readonly post: Post<ToWorker>
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** A request as it was told: what became of it, and in which turn that was said. */
interface Told {
  readonly id: number
  readonly sequence: number
  readonly points: number
  readonly outcomes: readonly Outcome[]
}

/** The reason of points that went down with their worker. */
const diedReason = 'worker_died'

/**
 * Takes the requests that one instance of an exporter encoded in a worker, and tells it what became of them. It keeps
 * no account of its own while the worker lives: the worker does. When the worker dies, it takes over.
 */
export class Inbox {
  readonly #around: InboxSurroundings
  readonly #instance: number
  /** The data points of requests that are not settled, by id. */
  readonly #open = new Map<number, number>()
  /** What the worker has been told, and may not have taken. */
  #told: Told[] = []
  #sequence = 0
  /** Data points that a durable queue has, and that the worker knows of: they stay queued in its account. */
  #kept = 0
  #away = 0
  #state: { readonly full: boolean; readonly format: string | undefined } = { full: false, format: undefined }
  /** The account of a worker that died. */
  #ledger: Ledger | undefined

  constructor(instance: number, around: InboxSurroundings) {
    this.#instance = instance
    this.#around = around
  }

  take({ id, request, memory, offset, length, points }: RequestMessage): void {
    const total = points.reduce((sum, each) => sum + each, 0)
    this.#open.set(id, total)
    this.#away++
    const settle = this.#settler(id, total)
    const crossed: EncodedRequest = {
      ...request,
      // The clock of monotonic time of the worker began at another moment.
      queuedAt: this.#around.now(),
      body: Buffer.from(memory, offset, length),
      shares: points.map((each, share) => ({
        points: each,
        intake: {
          deliver: (some) => settle(['deliver', share, some]),
          reject: (some, reason) => settle(['reject', share, some, reason]),
          drop: (some, reason, answer = 'resend') => settle(['drop', share, some, reason, answer]),
          keep: (some) => settle(['keep', share, some]),
        },
      })),
      release: () => this.#giveBack(id, memory),
    }
    if (total === 0) this.#tell(id, total, [])
    const queue = this.#around.queue()
    if (queue === undefined) {
      for (const share of crossed.shares) share.intake.drop(share.points, 'exporter_failed')
      crossed.release()
      return
    }
    // One that drops the oldest makes room now.
    queue.admits(length)
    queue.enqueue(crossed)
    this.#tellState({ full: !queue.admits(0), format: queue.format })
  }

  /** The worker has taken what it was told, as far as it says. */
  acknowledge({ settled }: Pick<OutboxReport, 'settled'>): void {
    for (const { sequence, outcomes } of this.#told)
      if (sequence <= settled)
        for (const [how, , points] of outcomes) if (how === 'keep') this.#kept += points
    this.#told = this.#told.filter(({ sequence }) => sequence > settled)
  }

  /**
   * Takes over the account of a worker that died, by its last report. What it had not posted by then is lost, and
   * counted as `worker_died`; what came since is made out of that, and else was accepted later.
   *
   * @returns the account, in which what is still on its way will be settled
   */
  inherit(counts: LedgerCounts, last: Pick<OutboxReport, 'posted' | 'settled'>): Ledger {
    this.acknowledge(last)
    const { posted } = last
    const ledger = new Ledger()
    ledger.add(counts)
    const told = this.#told
    const crossed = [...told.map(({ id, points }) => [id, points] as const), ...this.#open]
    const sum = (those: (id: number) => boolean): number =>
      crossed.reduce((points, [id, each]) => points + (those(id) ? each : 0), 0)
    const late = sum((id) => id > posted)
    const held = ledger.queued - this.#kept - sum((id) => id <= posted)
    const lost = Math.max(0, held - late)
    ledger.accepted += Math.max(0, late - held)
    ledger.queued += Math.max(0, late - held) - lost
    ledger.dropped.add(diedReason, lost)
    for (const { outcomes } of told) for (const outcome of outcomes) enter(outcome, ledger)
    this.#ledger = ledger
    return ledger
  }

  /** Notes what became of points of a request, until all of them are settled. */
  #settler(id: number, total: number): (outcome: Outcome) => void {
    const outcomes: Outcome[] = []
    let left = total
    return (outcome) => {
      if (outcome[2] === 0) return
      outcomes.push(outcome)
      left -= outcome[2]
      if (left === 0) this.#tell(id, total, outcomes)
    }
  }

  #tell(id: number, points: number, outcomes: readonly Outcome[]): void {
    this.#open.delete(id)
    if (this.#ledger !== undefined) {
      for (const outcome of outcomes) enter(outcome, this.#ledger)
      return
    }
    const sequence = ++this.#sequence
    this.#told.push({ id, sequence, points, outcomes })
    const plain = outcomes.every(([how]) => how === 'deliver')
    this.#around.post({
      kind: 'settled',
      instance: this.#instance,
      id,
      sequence,
      outcomes: plain ? undefined : outcomes,
    })
  }

  #giveBack(id: number, memory: ArrayBuffer): void {
    this.#away--
    if (this.#ledger !== undefined) return
    this.#around.post({ kind: 'returned', instance: this.#instance, id, memory }, [memory])
    // Where others keep the queue full, the worker may try again once it has nothing in it.
    if (this.#state.full && (this.#away === 0 || this.#around.queue()?.admits(0) === true))
      this.#tellState({ ...this.#state, full: false })
  }

  #tellState(state: { readonly full: boolean; readonly format: string | undefined }): void {
    const { full, format } = this.#state
    if ((full === state.full && format === state.format) || this.#ledger !== undefined) return
    this.#state = state
    this.#around.post({ kind: 'queue', instance: this.#instance, ...state })
  }
}

/** Enters into an account what became of points that count as queued. */
function enter(outcome: Outcome, ledger: Ledger): void {
  const points = outcome[2]
  // What a durable queue has goes on as queued: it takes away from its own account.
  if (outcome[0] === 'keep') return
  ledger.queued -= points
  if (outcome[0] === 'deliver') ledger.delivered += points
  else ledger[outcome[0] === 'reject' ? 'rejected' : 'dropped'].add(outcome[3], points)
}
