import { join } from 'node:path'
import { codeOf } from '#src/host/write-failure.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { cursorFiles, readCursor, type Cursor } from './cursor-file.ts'
import { lockName } from './directory-lock.ts'
import type { DirectoryEntry, QueueFile, QueueFileSystem } from './file-system.ts'
import { LaterRecords } from './later-records.ts'
import { quarantineName, type Quarantine } from './quarantine.ts'
import {
  decodeSegmentHeader,
  parseSegmentName,
  segmentHeaderBytes,
  type SegmentIdentity,
} from './segment-format.ts'
import { scanSegment, type PlacedRecord } from './segment-scan.ts'
import { Segment } from './segment.ts'

/** What a directory has of a queue. */
export interface Inventory {
  /** Segments with records that are not settled, the oldest first. */
  readonly segments: Segment[]
  /** Segments of which nothing is needed. */
  readonly settled: Segment[]
  /** Records to be written once more, in their order, since the disk failed and the process ended while it was done. */
  readonly unfinished: UnfinishedRecord[]
  /** The number after that of every file. */
  readonly nextNumber: number
  /** The sequence after that of every record. */
  readonly nextSequence: number
}

/** A record that was to be written again to a later segment. */
export interface UnfinishedRecord {
  readonly segment: Segment
  readonly record: PlacedRecord
}

/** What an inventory works with. */
export interface InventoryTools {
  readonly files: QueueFileSystem
  readonly directory: string
  readonly quarantine: Quarantine
  readonly logger: Logger
  /** Whether what is there is to survive a loss of power. */
  readonly syncs: boolean
}

/**
 * Finds out what is in a directory, by reading the headers in all segments; bodies are checked when they are given out. Whatever
 * it finds, it comes to an end: what cannot be read is put into quarantine.
 */
export async function takeInventory(tools: InventoryTools): Promise<Inventory> {
  const { files, directory, logger } = tools
  const cursor = await findCursor(tools)
  const entries = await files.list(directory)
  tellForeign(entries, logger, directory)
  const named = entries.flatMap((entry) => {
    const identity = entry.isFile ? parseSegmentName(entry.name) : undefined
    return identity === undefined ? [] : [{ entry, identity }]
  })
  named.sort((a, b) => b.identity.number - a.identity.number || (a.entry.name < b.entry.name ? 1 : -1))
  const [newest] = named
  if (newest !== undefined && tools.syncs) await sync(tools, newest.entry.name)
  const later = new LaterRecords(files, directory)
  const segments: Segment[] = []
  const unfinished: UnfinishedRecord[] = []
  for (const { entry, identity } of named) {
    const found = await examine(tools, entry, identity)
    if (found === undefined) continue
    const { segment, records } = found
    for (const [shard, sequence] of cursor.get(segment.name) ?? []) segment.settled.set(shard, sequence)
    const left = (await later.compare(segment, records)).filter((record) => segment.isOpen(record))
    unfinished.unshift(...left.map((record) => ({ segment, record })))
    for (const { sequence } of left) segment.superseded.add(sequence)
    for (const record of records) segment.restore(record)
    segments.unshift(segment)
  }
  return {
    segments: segments.filter(({ records }) => records > 0),
    settled: segments.filter(
      (segment) => segment.records === 0 && !unfinished.some((each) => each.segment === segment),
    ),
    unfinished,
    nextNumber: Math.max(0, ...named.map(({ identity }) => identity.number)) + 1,
    nextSequence: Math.max(0, ...segments.map(({ lastSequence }) => lastSequence)) + 1,
  }
}

/** How far segments are settled; without it, what is there is sent again. */
async function findCursor({ files, directory, logger }: InventoryTools): Promise<Cursor> {
  try {
    const cursor = await readCursor(files, directory)
    if (cursor !== undefined) return cursor
    logger.warn('the cursor of the queue is damaged: some data may be sent twice', { directory })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      logger.warn('the cursor of the queue cannot be read: some data may be sent twice', { directory, error })
  }
  return new Map()
}

function tellForeign(entries: readonly DirectoryEntry[], logger: Logger, directory: string): void {
  const foreign = entries
    .filter(({ name, isFile }) => !(isFile && parseSegmentName(name) !== undefined))
    .map(({ name }) => name)
    .filter((name) => !cursorFiles.has(name) && name !== quarantineName && !name.startsWith(lockName))
  if (foreign.length > 0)
    logger.warn('the queue directory has files that are none of the queue: they are left alone', {
      directory,
      files: foreign.slice(0, 10),
      count: foreign.length,
    })
}

/** Reads a segment; undefined where there is none that this version can read. */
async function examine(
  tools: InventoryTools,
  { name, bytes }: DirectoryEntry,
  identity: SegmentIdentity,
): Promise<{ readonly segment: Segment; readonly records: readonly PlacedRecord[] } | undefined> {
  const { files, directory, quarantine, logger } = tools
  const path = join(directory, name)
  let file: QueueFile
  try {
    file = await files.open(path, 'read')
  } catch (error) {
    logger.error('a segment of the queue cannot be opened: it is left alone', { file: path, error })
    return undefined
  }
  try {
    const head = Buffer.alloc(segmentHeaderBytes)
    const kind = decodeSegmentHeader(head.subarray(0, await file.read(head, 0)))
    if (kind.kind === 'future') {
      logger.error('a segment was written by a newer version: it is left alone', {
        file: path,
        version: kind.version,
      })
      return undefined
    }
    const header = kind.kind === 'segment' ? kind.header : undefined
    const marker = header?.marker ?? identity.marker
    const { records, damages, end } = await scanSegment(file, bytes, marker, false)
    const isUnreadable = header === undefined && records.length === 0
    if (isUnreadable && bytes > 0) {
      await quarantine.move(name, bytes, 'neither its header nor any record can be read')
      return undefined
    }
    for (const { offset, length, reason } of damages)
      await quarantine.copy(file, name, offset, length, reasons[reason])
    if (end < bytes) await cutOff(tools, name, end, bytes)
    const shards = header?.shards ?? 0
    const segment = new Segment({ number: identity.number, marker }, shards, name)
    segment.bytes = Math.min(end, bytes)
    segment.sealed = true
    return { segment, records }
  } catch (error) {
    if (codeOf(error) === 'EIO') await quarantine.move(name, bytes, 'the disk fails')
    else logger.error('a segment of the queue cannot be read: it is left alone', { file: path, error })
    return undefined
  } finally {
    await file.close().catch(() => undefined)
  }
}

const reasons = {
  header: 'no record can be read here',
  checksum: 'the checksum of a record is wrong',
} as const

/** What a process wrote just before it was killed may not be on disk yet; older segments are. */
async function sync({ files, directory, logger }: InventoryTools, name: string): Promise<void> {
  try {
    const file = await files.open(join(directory, name), 'read')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await files.syncDirectory(directory)
  } catch (error) {
    logger.warn('a segment of the queue cannot be synced', { file: join(directory, name), error })
  }
}

/** Removes what a write left that did not come to its end, so that it is not looked at again. */
async function cutOff(
  { files, directory, logger }: InventoryTools,
  name: string,
  end: number,
  bytes: number,
): Promise<void> {
  logger.info('a write to the queue was cut off by the end of the process: what it left is removed', {
    file: join(directory, name),
    offset: end,
    bytes: bytes - end,
  })
  try {
    const file = await files.open(join(directory, name), 'change')
    try {
      await file.truncate(end)
    } finally {
      await file.close()
    }
  } catch {
    // Nothing is ever written behind it: it does no harm.
  }
}
