import { crc32 } from 'node:zlib'
import { join } from 'node:path'
import type { QueueFileSystem } from './file-system.ts'
import type { Segment } from './segment.ts'

const fileName = 'cursor'
const draftName = 'cursor.new'
const mostBytes = 1 << 24

/** By the name of a segment: by shard, the sequence up to which records are settled. */
export type Cursor = ReadonlyMap<string, ReadonlyMap<number, number>>

/** The names of the files of this module. */
export const cursorFiles: ReadonlySet<string> = new Set([fileName, draftName])

/**
 * Reads how far the segments are settled. It is a hint: where it is not there, or not whole, more is sent again than has to
 * be, and nothing is lost; undefined then.
 */
export async function readCursor(files: QueueFileSystem, directory: string): Promise<Cursor | undefined> {
  const file = await files.open(join(directory, fileName), 'read')
  try {
    const chunks: Buffer[] = []
    for (let position = 0; position < mostBytes;) {
      const chunk = Buffer.alloc(1 << 16)
      const length = await file.read(chunk, position)
      if (length === 0) break
      chunks.push(chunk.subarray(0, length))
      position += length
    }
    return decodeCursor(Buffer.concat(chunks))
  } finally {
    await file.close()
  }
}

/** Writes how far segments are settled, in the place of what was there, and syncs it where asked to. */
export async function writeCursor(
  files: QueueFileSystem,
  directory: string,
  segments: Iterable<Segment>,
  syncs: boolean,
): Promise<void> {
  const draft = join(directory, draftName)
  await files.unlink(draft).catch(() => undefined)
  const file = await files.open(draft, 'create')
  try {
    await file.write([encodeCursor(segments)], 0)
    if (syncs) await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(draft, join(directory, fileName))
  if (syncs) await files.syncDirectory(directory)
}

/** A checksum, then JSON: a person can read it. */
function encodeCursor(segments: Iterable<Segment>): Buffer {
  const settled: Record<string, Record<string, number>> = {}
  for (const segment of segments) {
    if (segment.settled.size > 0) settled[segment.name] = Object.fromEntries(segment.settled)
  }
  const text = JSON.stringify({ version: 1, settled })
  return Buffer.from(`${checksumOf(text)} ${text}\n`)
}

function decodeCursor(bytes: Buffer): Cursor | undefined {
  const [, checksum, text] = /^([0-9a-f]{8}) (.*)\n$/.exec(bytes.toString('utf8')) ?? []
  if (text === undefined || checksumOf(text) !== checksum) return undefined
  const { version, settled } = JSON.parse(text) as {
    readonly version: number
    readonly settled: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
  if (version !== 1) return undefined
  return new Map(
    Object.entries(settled).map(([name, shards]) => [
      name,
      new Map(Object.entries(shards).map(([shard, sequence]) => [Number(shard), sequence])),
    ]),
  )
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
