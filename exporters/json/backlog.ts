import type { Receipt } from '#src/pipeline/receipt.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { Slice } from './encoding.ts'

/** One call of `consume` on its way to the disk. Its batches go when they are encoded, however long it waits then. */
export interface Intake {
  readonly receipt: Receipt | undefined
  /** Data points that are not encoded yet. */
  unencoded: number
  /** Data points that are not settled yet. */
  open: number
  /** Why some of it was lost. */
  failure: string | undefined
  /** Data points that make no sense. */
  malformed: number
}

interface Chunk {
  readonly bytes: Buffer
  readonly points: number
  readonly intake: Intake
}

/** How much waits at most, and what happens then. */
export interface BacklogLimits {
  readonly maxBytes: number
  readonly whenFull: 'refuse' | 'drop_oldest'
}

/** What a data point takes, until some were seen. */
const firstBytesPerPoint = 200

/**
 * What was taken and is not on the disk yet: calls that wait to be encoded, by what they are expected to take, and
 * encoded chunks. Bounded in bytes; only a call that finds it empty may exceed the bound. Keeps the ledger: each data
 * point is settled once.
 */
export class Backlog {
  readonly #limits: BacklogLimits
  readonly #ledger: Ledger
  readonly #chunks: Chunk[] = []
  /** Calls that are not encoded whole. */
  readonly #intakes = new Set<Intake>()
  /** Chunks at the front that are being written. */
  #inFlight = 0
  #bytes = 0
  /** Data points that are not encoded yet. */
  #unencoded = 0
  #bytesPerPoint = firstBytesPerPoint
  #closed = false

  constructor(limits: BacklogLimits, ledger: Ledger) {
    this.#limits = limits
    this.#ledger = ledger
  }

  /** Bytes that wait, encoded. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes a call of so many data points (one at least), to be encoded next; undefined where there is no room. */
  admit(points: number, receipt: Receipt | undefined): Intake | undefined {
    if (this.#closed || !this.#makeRoom(points)) return undefined
    this.#unencoded += points
    this.#ledger.queued += points
    const intake: Intake = {
      receipt: receipt?.retain(),
      unencoded: points,
      open: points,
      failure: undefined,
      malformed: 0,
    }
    this.#intakes.add(intake)
    return intake
  }

  /** Puts a slice of a call at the end. */
  add(intake: Intake, { bytes, points, malformed }: Slice): void {
    if (this.#closed) return
    this.#encoded(intake, points + malformed)
    intake.malformed += malformed
    this.#settleDropped(intake, malformed, 'malformed')
    if (bytes.length === 0) {
      this.#deliver(intake, points)
      return
    }
    this.#bytesPerPoint += (bytes.length / Math.max(1, points) - this.#bytesPerPoint) / 8
    this.#bytes += bytes.length
    this.#chunks.push({ bytes, points, intake })
  }

  /** Gives up what of a call is not encoded. */
  abandon(intake: Intake, reason: string): void {
    if (this.#closed) return
    const { unencoded } = intake
    this.#encoded(intake, unencoded)
    this.#drop(intake, unencoded, reason)
  }

  /** The first chunks, up to a size but one at least; they are in flight until they have `landed`. */
  takeOff(maxBytes: number): Buffer[] {
    const taken: Buffer[] = []
    let bytes = 0
    for (const chunk of this.#chunks) {
      bytes += chunk.bytes.length
      if (taken.length > 0 && bytes > maxBytes) break
      taken.push(chunk.bytes)
    }
    this.#inFlight = taken.length
    return taken
  }

  /** The first chunks have arrived; what else was in flight waits again. */
  landed(count: number): void {
    this.#inFlight = 0
    for (const { bytes, points, intake } of this.#chunks.splice(0, count)) {
      this.#bytes -= bytes.length
      this.#deliver(intake, points)
    }
  }

  /** Gives up everything, at the end; nothing is taken any more. */
  close(reason: string): void {
    for (const intake of this.#intakes) this.abandon(intake, reason)
    this.#inFlight = 0
    while (this.#dropFirst(reason));
    this.#closed = true
  }

  #makeRoom(points: number): boolean {
    const { maxBytes, whenFull } = this.#limits
    const full = (): boolean => this.#bytes + (this.#unencoded + points) * this.#bytesPerPoint > maxBytes
    if (whenFull === 'drop_oldest') while (full() && this.#dropFirst('queue_full'));
    return !full() || this.#bytes + this.#unencoded === 0
  }

  /** Drops the first chunk that is not being written. */
  #dropFirst(reason: string): boolean {
    const [chunk] = this.#chunks.splice(this.#inFlight, 1)
    if (chunk === undefined) return false
    this.#bytes -= chunk.bytes.length
    this.#drop(chunk.intake, chunk.points, reason)
    return true
  }

  #encoded(intake: Intake, points: number): void {
    intake.unencoded -= points
    if (intake.unencoded === 0) this.#intakes.delete(intake)
    this.#unencoded -= points
  }

  #deliver(intake: Intake, points: number): void {
    this.#ledger.queued -= points
    this.#ledger.delivered += points
    settle(intake, points)
  }

  #drop(intake: Intake, points: number, reason: string): void {
    if (points === 0) return
    intake.failure ??= reason
    this.#settleDropped(intake, points, reason)
  }

  #settleDropped(intake: Intake, points: number, reason: string): void {
    if (points === 0) return
    this.#ledger.queued -= points
    this.#ledger.dropped.add(reason, points)
    settle(intake, points)
  }
}

function settle(intake: Intake, points: number): void {
  intake.open -= points
  if (intake.open > 0) return
  const { receipt, failure, malformed } = intake
  if (failure !== undefined) receipt?.fail(failure)
  else if (malformed > 0) receipt?.reject(malformed, 'malformed')
  else receipt?.settle()
}
