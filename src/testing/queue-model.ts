import { Receipt } from '#src/pipeline/receipt.ts'
import { DiskQueue, type DiskQueueOptions } from '#src/queue/disk/disk-queue.ts'
import { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { BufferPool } from '#src/queue/buffer-pool.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { CapturedLog } from './captured-log.ts'
import { FakeClock } from './fake-clock.ts'
import type { SeededRandom } from './random.ts'
import { simulatedDirectory, SimulatedDisk, type Operation } from './simulated-disk.ts'

/** A request as the model knows it. */
interface Known {
  readonly number: number
  /** The process that put it in. */
  readonly life: Life
  /** Its samples are all of one series, which is in one shard. */
  readonly series: number
  readonly body: Buffer
  /** Whether who brought it was told that the queue has it, and no loss of power has come that may have taken it. */
  acknowledged: boolean
  /** Whether a loss of power cannot take it. */
  safe: boolean
  /** Whether a sync failed after it was put in. */
  doubtful: boolean
  /** Whether the receiver has it, or may have it. */
  delivered: boolean
}

/** One process with a queue: it ends by a stop or by a crash. */
interface Life {
  readonly queue: DiskQueue
  readonly ledger: Ledger
  readonly log: CapturedLog
  readonly clock: FakeClock
  readonly shards: number
  /** By series, the request that was given out last. */
  readonly last: Map<number, number>
  /** By shard. */
  readonly inFlight: Map<number, EncodedRequest>
  /** Whether the order holds: not where the disk could not be read at the start, and new data went first. */
  isOrderly: boolean
  error: Error | undefined
}

const seriesCount = 6
const points = 3

/** What fails when the model lets the disk fail. */
const failing: readonly (readonly [Operation, string])[] = [
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'EROFS'],
  ['sync', 'EIO'],
  ['create', 'EMFILE'],
  ['create', 'ENOSPC'],
  ['truncate', 'EIO'],
  ['rename', 'EROFS'],
  ['unlink', 'EROFS'],
  ['syncDirectory', 'EIO'],
]

/**
 * Drives a queue on a simulated disk by random steps, and knows what must hold after each: what was acknowledged is there after
 * a crash, nothing else is, each series comes in its order, the account is balanced, and every start succeeds.
 */
export class QueueModel {
  readonly disk: SimulatedDisk
  /** What was done, for people. */
  readonly history: string[] = []
  readonly #random: SeededRandom
  readonly #options: Omit<DiskQueueOptions, 'shards'>
  readonly #known: Known[] = []
  #life: Life
  #wall = 1_700_000_000_000

  constructor(random: SeededRandom) {
    this.#random = random
    this.disk = new SimulatedDisk(random)
    this.#options = {
      directory: simulatedDirectory,
      maxBytes: random.pick([1 << 20, 4000]),
      maxDiskBytes: 1 << 30,
      segmentBytes: random.pick([200, 1000, 4000]),
      maxAgeMs: 0,
      whenFull: 'refuse',
      sync: random.pick(['batch', 'interval', 'none']),
      syncIntervalMs: 1000,
      whenDiskFails: random.pick(['refuse', 'memory_only']),
    }
    this.history.push(JSON.stringify(this.#options))
    this.disk.tell = (operation, path) => void this.history.push(`    ${operation} ${path}`)
    this.#life = this.#beginLife()
  }

  /** Runs so many random steps, then sees that all that must be there is. */
  async run(steps: number): Promise<void> {
    await this.#start()
    for (let step = 0; step < steps; step++) {
      await this.#step()
      if (this.disk.isDead) await this.#crash()
      this.#holdLaw()
    }
    await this.#crash()
    await this.#drain()
    this.#findMissing()
    await this.#life.queue.close()
    this.#findOpenFiles()
  }

  async #step(): Promise<void> {
    const random = this.#random
    const choice = random.below(100)
    if (choice < 30) this.#enqueue()
    else if (choice < 45) await turn()
    else if (choice < 60) this.#take(random.below(this.#life.shards))
    else if (choice < 75) this.#settleOne()
    else if (choice < 78) this.#putBack()
    else if (choice < 86) await this.#passSecond()
    else if (choice < 91) this.#letFail()
    else if (choice < 95) this.#plan(random.below(25))
    else if (choice < 98) await this.#stop()
    else await this.#drain()
  }

  /** Waits for something that may hang where the process dies; false where it does. */
  async #comesToAnEnd(action: Promise<void>): Promise<boolean> {
    let turns = 0
    const ended = action.then(() => true)
    const died = (async () => {
      while (!this.disk.isDead && turns++ < 1000) await turn()
      return false
    })()
    const hasEnded = await Promise.race([ended, died])
    if (!hasEnded && !this.disk.isDead) throw new Error('the queue hangs')
    turns = Infinity
    return hasEnded && !this.disk.isDead
  }

  #beginLife(): Life {
    const clock = new FakeClock(++this.#wall)
    const ledger = new Ledger()
    const log = new CapturedLog()
    const shards = this.#random.pick([1, 2, 2, 2, 3])
    const life: Life = {
      clock,
      ledger,
      log,
      shards,
      last: new Map(),
      inFlight: new Map(),
      isOrderly: true,
      error: undefined,
      queue: new DiskQueue(
        { ...this.#options, shards },
        {
          files: this.disk.begin(),
          clock,
          logger: log,
          ledger,
          memory: new BufferPool(0),
          lock: async () => ({ show: async () => true, release: async () => undefined }),
          report: (error) => (life.error = error),
        },
      ),
    }
    return life
  }

  /** Opens the queue: that must always work. A crash while it does is one more. */
  async #start(): Promise<void> {
    for (;;) {
      if (await this.#comesToAnEnd(this.#life.queue.open())) break
      this.#die()
    }
    this.history.push(`open, ${this.#life.shards} shards, ${this.#life.ledger.restored} restored`)
    this.#life.isOrderly = this.#life.error === undefined
    // After a sync that failed the next one says that all is well: nobody can know better after a restart.
    if (this.#options.sync !== 'none' && this.#isUndisturbed)
      this.#declareSafe(this.#known.filter(({ doubtful }) => !doubtful))
  }

  #enqueue(): void {
    const life = this.#life
    const { queue, ledger, shards } = life
    if (!queue.admits(500)) return
    const number = this.#known.length
    const series = this.#random.below(seriesCount)
    const body = Buffer.alloc(4 + this.#random.below(600), number)
    body.writeUInt32LE(number)
    const known = {
      number,
      life,
      series,
      body,
      acknowledged: false,
      safe: false,
      doubtful: false,
      delivered: false,
    }
    this.#known.push(known)
    this.history.push(`put ${number} of series ${series}`)
    ledger.accepted += points
    const receipt = new Receipt(({ delivered }) => {
      if (!delivered || known.delivered || life !== this.#life) return
      this.history.push(`kept ${number}`)
      known.acknowledged = true
      known.safe = this.#options.sync === 'batch'
    })
    const intake = new Intake(points, ledger, receipt)
    receipt.settle()
    queue.enqueue({
      shard: series % shards,
      body,
      format: 'test',
      samples: number,
      shares: [{ intake, points }],
      queuedAt: 0,
      release: () => undefined,
    })
  }

  /** Takes the next request of a shard, where none is in flight; whether there was one. */
  #take(shard: number): boolean {
    const { queue, inFlight, last } = this.#life
    if (inFlight.has(shard)) return false
    const request = queue.take(shard)
    if (request === undefined) return false
    inFlight.set(shard, request)
    const known = this.#known[request.body.readUInt32LE()]
    if (known === undefined || !known.body.equals(request.body) || request.samples !== known.number)
      throw new Error('a request is given out that nobody put in')
    const { number, series } = known
    this.history.push(`take ${number}`)
    if (this.#life.isOrderly && number <= (last.get(series) ?? -1))
      throw new Error(`request ${number} of series ${series} comes after ${last.get(series)}`)
    last.set(series, number)
    return true
  }

  #settleOne(): void {
    const [first] = this.#life.inFlight
    if (first !== undefined) this.#settle(...first)
  }

  #settle(shard: number, request: EncodedRequest): void {
    const { queue, inFlight } = this.#life
    inFlight.delete(shard)
    const known = this.#known[request.body.readUInt32LE()]
    if (known !== undefined) known.delivered = true
    this.history.push(`deliver ${known?.number}`)
    queue.settled(request)
    for (const share of request.shares) share.intake.deliver(share.points)
    request.release()
  }

  #putBack(): void {
    const { queue, inFlight, last } = this.#life
    const [first] = inFlight
    if (first === undefined) return
    const [shard, request] = first
    inFlight.delete(shard)
    const known = this.#known[request.body.readUInt32LE()]
    this.history.push(`put back ${known?.number}`)
    if (known !== undefined) last.set(known.series, known.number - 1)
    queue.putBack(request)
  }

  async #passSecond(): Promise<void> {
    const before = this.#known.filter(({ acknowledged, life }) => acknowledged && life === this.#life)
    const wasUndisturbed = this.#isUndisturbed
    this.history.push('a second passes')
    await this.#life.clock.advance(1000)
    this.#wall = this.#life.clock.now()
    if (this.#options.sync !== 'none' && wasUndisturbed && this.#isUndisturbed) this.#declareSafe(before)
  }

  get #isUndisturbed(): boolean {
    return !this.disk.isDead && !this.disk.isFailing && this.#life.error === undefined
  }

  #declareSafe(all: readonly Known[]): void {
    for (const known of all) known.safe ||= known.acknowledged
  }

  /** Lets the disk fail, or work again. */
  #letFail(): void {
    if (this.disk.isFailing || this.#random.chance(0.3)) {
      this.history.push('the disk works')
      this.disk.fails = undefined
      return
    }
    const [operation, code] = failing[this.#random.below(failing.length)] ?? ['write', 'EIO']
    const probability = this.#random.pick([1, 0.5])
    this.history.push(`the disk fails: ${operation} ${code}`)
    this.disk.fails = (each) => {
      if (each !== operation || !this.#random.chance(probability)) return undefined
      if (operation === 'sync' || operation === 'syncDirectory')
        for (const known of this.#known) known.doubtful ||= !known.safe
      return code
    }
  }

  #plan(operations: number): void {
    this.history.push(`crash after ${operations} operations`)
    this.disk.operationsLeft = Math.min(this.disk.operationsLeft, operations + 1)
  }

  async #stop(): Promise<void> {
    this.history.push('stop')
    const { queue, inFlight } = this.#life
    for (const [shard, request] of inFlight) {
      inFlight.delete(shard)
      queue.putBack(request)
    }
    if (!(await this.#comesToAnEnd(queue.close()))) return
    const { ledger } = this.#life
    if (ledger.queued !== ledger.stored) throw new Error('what is queued after the stop is not stored')
    this.#findOpenFiles()
    this.#life = this.#beginLife()
    await this.#start()
  }

  async #crash(): Promise<void> {
    this.#die()
    await this.#start()
  }

  /** Ends the process, and may cut the power: what a loss of power can take is no longer promised. */
  #die(): void {
    if (this.#random.chance(0.5)) {
      this.history.push('the process is killed')
      this.disk.kill()
    } else {
      this.history.push('the power fails')
      this.disk.cutPower()
      for (const known of this.#known) known.acknowledged &&= known.safe
    }
    this.#life = this.#beginLife()
  }

  /** Delivers all that there is. */
  async #drain(): Promise<void> {
    this.history.push('drain')
    for (let idle = 0; idle < 16 && !this.disk.isDead;) {
      let moves = false
      for (let shard = 0; shard < this.#life.shards; shard++) {
        const request = this.#life.inFlight.get(shard)
        if (request !== undefined) this.#settle(shard, request)
        moves = this.#take(shard) || request !== undefined || moves
      }
      idle = moves ? 0 : idle + 1
      await turn()
      if (!moves && idle % 2 === 0) await this.#life.clock.advance(1000)
    }
  }

  #holdLaw(): void {
    const { ledger } = this.#life
    if (ledger.imbalance !== 0) throw new Error(`the account is not balanced: ${ledger.imbalance}`)
    if (ledger.stored > ledger.queued) throw new Error('more is stored than is queued')
  }

  #findOpenFiles(): void {
    const open = [...this.disk.openFiles.values()]
    if (open.length > 0) throw new Error(`files are open after the stop: ${open.join(', ')}`)
  }

  #findMissing(): void {
    const missing = this.#known.filter(({ acknowledged, delivered }) => acknowledged && !delivered)
    if (missing.length > 0)
      throw new Error(`acknowledged and lost: ${missing.map(({ number }) => number).join(', ')}`)
    const { queued, dropped } = this.#life.ledger
    if (queued !== 0) throw new Error(`${queued} points are queued after all was delivered`)
    if (dropped.get('queue_full') + dropped.get('expired') > 0) throw new Error('the queue was not full')
  }
}

/** Lets everything run that needs no time. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}
