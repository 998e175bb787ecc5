import { BufferPool } from '#src/queue/buffer-pool.ts'
import type { QueueFileSystem } from '#src/queue/disk/file-system.ts'
import { DiskQueue, type DiskQueueOptions, type DiskQueueTools } from '#src/queue/disk/disk-queue.ts'
import { nodeFileSystem } from '#src/queue/disk/node-file-system.ts'
import { Intake } from '#src/queue/intake.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { CapturedLog } from './captured-log.ts'
import { FakeClock } from './fake-clock.ts'

/** The points of each request. */
const points = 10

/** A queue on disk that a test fills and empties by numbers, on a clock that stands still. */
export class QueueOnDisk implements AsyncDisposable {
  readonly queue: DiskQueue
  readonly clock: FakeClock
  readonly ledger = new Ledger()
  readonly log = new CapturedLog()
  /** What was reported last. */
  error: Error | undefined
  #isClosed = false

  constructor(
    directory: string,
    {
      files = nodeFileSystem,
      clock = new FakeClock(),
      lock = async () => ({ show: async () => true, release: async () => undefined }),
      ...options
    }: Partial<DiskQueueOptions & Pick<DiskQueueTools, 'lock'>> & {
      readonly files?: QueueFileSystem
      readonly clock?: FakeClock
    } = {},
  ) {
    this.clock = clock
    this.queue = new DiskQueue(
      {
        directory,
        shards: 1,
        maxBytes: 1 << 20,
        maxDiskBytes: 1 << 20,
        segmentBytes: 1 << 16,
        maxAgeMs: 0,
        whenFull: 'refuse',
        sync: 'batch',
        syncIntervalMs: 1000,
        whenDiskFails: 'memory_only',
        ...options,
      },
      {
        files,
        clock,
        logger: this.log,
        ledger: this.ledger,
        memory: new BufferPool(0),
        lock,
        report: (error) => (this.error = error),
      },
    )
  }

  /** Makes one, and opens it. */
  static async open(...given: ConstructorParameters<typeof QueueOnDisk>): Promise<QueueOnDisk> {
    const made = new QueueOnDisk(...given)
    await made.queue.open()
    return made
  }

  /** Puts a number in, in a body of so many bytes, if the queue admits it; whether it does. */
  put(number: number, bytes = 20, shard = 0): boolean {
    if (!this.queue.admits(bytes)) return false
    const body = Buffer.alloc(bytes, number)
    body.writeUInt32LE(number)
    this.ledger.accepted += points
    this.queue.enqueue({
      shard,
      body,
      format: 'test',
      samples: number,
      shares: [{ intake: new Intake(points, this.ledger, undefined), points }],
      queuedAt: this.clock.monotonic(),
      release: () => undefined,
    })
    return true
  }

  /** Waits until all that was put in is on disk. */
  async kept(): Promise<void> {
    while (this.ledger.stored !== this.ledger.queued) await turn()
  }

  /** Takes the next request, as soon as it is read; undefined where none comes. */
  async take(shard = 0): Promise<EncodedRequest | undefined> {
    for (let turns = 0; turns < 200 && !this.queue.isEmpty; turns++) {
      const request = this.queue.take(shard)
      if (request !== undefined) return request
      await turn()
    }
    return undefined
  }

  /** Delivers a request. */
  deliver(request: EncodedRequest): void {
    this.queue.settled(request)
    for (const share of request.shares) share.intake.deliver(share.points)
    request.release()
  }

  /** Delivers all that there is; returns the numbers, in their order. */
  async drain(): Promise<number[]> {
    const numbers: number[] = []
    for (let request = await this.take(); request !== undefined; request = await this.take()) {
      numbers.push(numberOf(request))
      this.deliver(request)
    }
    return numbers
  }

  /** Closes it; the law must hold. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.queue.close()
    if (this.ledger.imbalance !== 0) throw new Error(`${this.ledger.imbalance} points are not accounted for`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** The number that a request carries. */
export function numberOf({ body, samples }: EncodedRequest): number {
  const number = body.readUInt32LE()
  if (number !== samples) throw new Error('the metadata of a request is not its own')
  return number
}

/** Lets everything run that is ready, on real files too. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 1))
}
