import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Place } from './entry.ts'
import type { QueueFile, QueueFileSystem } from './file-system.ts'
import { decodeMetadata, type Metadata } from './metadata.ts'
import { recordHeaderBytes } from './segment-format.ts'
import type { Segment } from './segment.ts'

/** Where the memory of bodies comes from, and goes back to. */
export interface Memory {
  /** A buffer of at least so many bytes. */
  take(bytes: number): Buffer
  give(buffer: Buffer): void
}

/** A record as it was read. */
export interface ReadRecord extends Metadata {
  readonly body: Buffer
  /** Gives the memory of the body back. */
  release(): void
}

interface OpenFile {
  readonly file: Promise<QueueFile>
  users: number
}

/** Files that stay open although nobody reads them now: records are read one after the other. */
const idleFiles = 2

/** Reads records back. */
export class RecordReader {
  readonly #files: QueueFileSystem
  readonly #directory: string
  readonly #memory: Memory
  /** The least recently used first. */
  readonly #open = new Map<Segment, OpenFile>()

  constructor(files: QueueFileSystem, directory: string, memory: Memory) {
    this.#files = files
    this.#directory = directory
    this.#memory = memory
  }

  /** Reads a record; undefined where it is not what was written. */
  async read({ segment, offset, ...place }: Place): Promise<ReadRecord | undefined> {
    const length = place.metadataLength + place.bodyLength
    const buffer = this.#memory.take(length)
    const bytes = buffer.subarray(0, length)
    let metadata: Metadata | undefined
    try {
      const read = await this.use(segment, async (file) => await file.read(bytes, offset + recordHeaderBytes))
      const isIntact = read === length && crc32(bytes) === place.checksum
      if (isIntact) metadata = decodeMetadata(bytes.subarray(0, place.metadataLength))
    } finally {
      if (metadata === undefined) this.#memory.give(buffer)
    }
    if (metadata === undefined) return undefined
    const body = bytes.subarray(place.metadataLength)
    return { ...metadata, body, release: () => this.#memory.give(buffer) }
  }

  /** Closes every file. */
  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(closeFile))
  }

  /** Does something with a segment's file, which is open for as long. */
  async use<Result>(segment: Segment, action: (file: QueueFile) => Promise<Result>): Promise<Result> {
    const open = this.#open.get(segment) ?? {
      file: this.#files.open(join(this.#directory, segment.name), 'read'),
      users: 0,
    }
    this.#open.delete(segment)
    this.#open.set(segment, open)
    open.users++
    try {
      return await action(await open.file)
    } catch (error) {
      // What could not be opened, or read, is opened again.
      this.#open.delete(segment)
      throw error
    } finally {
      open.users--
      if (open.users === 0 && this.#open.get(segment) !== open) await closeFile(open)
      await this.#closeIdle()
    }
  }

  async #closeIdle(): Promise<void> {
    for (const [segment, open] of this.#open) {
      if (this.#open.size <= idleFiles) return
      if (open.users > 0) continue
      this.#open.delete(segment)
      await closeFile(open)
    }
  }
}

async function closeFile({ file }: OpenFile): Promise<void> {
  try {
    await (await file).close()
  } catch {
    // Who wanted to read it was told.
  }
}
