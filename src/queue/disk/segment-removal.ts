import { join } from 'node:path'
import { codeOf } from '#src/host/write-failure.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { writeCursor } from './cursor-file.ts'
import type { QueueFileSystem } from './file-system.ts'
import type { Segment } from './segment.ts'

/**
 * Removes the files of segments that are settled or given up, and writes down how far the others are settled. First the
 * cursor, synced, then the files: so a file that is there again after a crash is known to be settled.
 */
export class SegmentRemoval {
  readonly #files: QueueFileSystem
  readonly #directory: string
  readonly #syncs: boolean
  readonly #live: () => Iterable<Segment>
  readonly #logger: Logger
  #waiting: Segment[] = []
  #cursorDue = false
  #resting = false
  #work: Promise<void> | undefined

  /** @param live the segments that there are, whenever it is called */
  constructor(
    files: QueueFileSystem,
    directory: string,
    syncs: boolean,
    live: () => Iterable<Segment>,
    logger: Logger,
  ) {
    this.#files = files
    this.#directory = directory
    this.#syncs = syncs
    this.#live = live
    this.#logger = logger
  }

  /** The length of the files that are still to go. */
  get bytes(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Notes that something was settled. */
  touchCursor(): void {
    this.#cursorDue = true
  }

  /** Removes a segment's file, soon. */
  remove(segment: Segment): void {
    segment.gone = true
    this.#waiting.push(segment)
    if (!this.#resting) void this.#run()
  }

  /** Writes the cursor, if it moved, and removes what it could not before. */
  async flush(): Promise<void> {
    this.#resting = false
    await this.#work
    if (this.#cursorDue || this.#waiting.length > 0) await this.#run()
  }

  async #run(): Promise<void> {
    this.#work ??= this.#removeAll().finally(() => (this.#work = undefined))
    await this.#work
  }

  async #removeAll(): Promise<void> {
    // Whoever settles one may settle more of them.
    await Promise.resolve()
    try {
      do {
        const going = [...this.#waiting]
        await this.#storeCursor(going)
        for (const segment of going) await this.#unlink(segment)
        if (this.#syncs && going.length > 0) await this.#files.syncDirectory(this.#directory)
      } while (this.#waiting.length > 0)
    } catch (error) {
      this.#resting = true
      this.#logger.warn('files of the queue cannot be removed now: it is tried again', {
        directory: this.#directory,
        error,
      })
    }
  }

  /**
   * It is synced where files go after it; else it is for the next process, and a loss of power costs that some data is sent
   * twice. On a full disk files must go all the same, at that cost too.
   */
  async #storeCursor(going: readonly Segment[]): Promise<void> {
    // The next one leaves out what is gone by then.
    this.#cursorDue = going.length > 0
    const syncs = this.#syncs && going.length > 0
    try {
      await writeCursor(this.#files, this.#directory, [...going, ...this.#live()], syncs)
    } catch (error) {
      this.#cursorDue = true
      this.#logger.warn('how far the queue is settled cannot be written down now: it is tried again', {
        directory: this.#directory,
        error,
      })
    }
  }

  async #unlink(segment: Segment): Promise<void> {
    try {
      await this.#files.unlink(join(this.#directory, segment.name))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
    this.#waiting.splice(this.#waiting.indexOf(segment), 1)
  }
}
