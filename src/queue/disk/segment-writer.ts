import { join } from 'node:path'
import type { EncodedRequest } from '../request-queue.ts'
import type { Entry } from './entry.ts'
import type { QueueFile, QueueFileSystem } from './file-system.ts'
import { encodeMetadata } from './metadata.ts'
import { encodeRecordHead, encodeSegmentHeader, newMarker, segmentHeaderBytes } from './segment-format.ts'
import { Segment } from './segment.ts'

/** Writes one segment, whose end is always that of a whole record. */
export class SegmentWriter {
  readonly segment: Segment
  readonly #files: QueueFileSystem
  readonly #directory: string
  readonly #file: QueueFile
  readonly #header: Buffer
  #end = 0
  #synced = 0
  #isNamed = false

  private constructor(
    files: QueueFileSystem,
    directory: string,
    segment: Segment,
    file: QueueFile,
    header: Buffer,
  ) {
    this.#files = files
    this.#directory = directory
    this.segment = segment
    this.#file = file
    this.#header = header
  }

  /** Makes the file; it is empty until the first records come. */
  static async create(
    files: QueueFileSystem,
    directory: string,
    description: { readonly number: number; readonly shards: number; readonly createdAt: number },
  ): Promise<SegmentWriter> {
    const marker = newMarker()
    const segment = new Segment({ number: description.number, marker }, description.shards)
    const file = await files.open(join(directory, segment.name), 'create')
    return new SegmentWriter(files, directory, segment, file, encodeSegmentHeader({ ...description, marker }))
  }

  /** Bytes up to the end of the last whole record. */
  get end(): number {
    return this.#end
  }

  /** Whether a sync, which has all that was written, lies behind the last write. */
  get isSynced(): boolean {
    return this.#synced === this.#end && this.#isNamed
  }

  /**
   * Writes requests in one go, and gives each entry its place. Where it rejects, the file has as many records as before,
   * or it cannot be used any more.
   */
  async append(entries: readonly (readonly [Entry, EncodedRequest])[]): Promise<void> {
    const { segment } = this
    const chunks: Buffer[] = this.#end === 0 ? [this.#header] : []
    let at = this.#end === 0 ? segmentHeaderBytes : this.#end
    const places = entries.map(([entry, request]) => {
      const { body } = request
      const metadata = encodeMetadata(request)
      const { head, checksum } = encodeRecordHead(segment.marker, entry, metadata, body)
      chunks.push(head, body)
      const offset = at
      at += head.length + body.length
      return { segment, offset, metadataLength: metadata.length, bodyLength: body.length, checksum }
    })
    await this.#file.write(chunks, this.#end)
    this.#end = at
    segment.bytes = at
    for (const [index, [entry]] of entries.entries()) {
      const place = places[index]
      if (place !== undefined) entry.putTo(place)
    }
  }

  /** Takes back what a write left behind its last whole record. */
  async cutBack(): Promise<void> {
    await this.#file.truncate(this.#end)
  }

  /** Makes sure that the disk has all records, and the name. */
  async sync(): Promise<void> {
    await this.#file.sync()
    this.#synced = this.#end
    if (this.#isNamed) return
    await this.#files.syncDirectory(this.#directory)
    this.#isNamed = true
  }

  /**
   * After a sync that failed: what was not synced before does not count any more. It stays in the file until it is written
   * elsewhere, since it is better than nothing.
   */
  giveUpUnsynced(): void {
    this.#end = this.#isNamed ? this.#synced : 0
    this.segment.bytes = this.#end
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
