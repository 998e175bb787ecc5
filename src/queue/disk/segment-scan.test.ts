import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SimulatedFile } from '#src/testing/simulated-file.ts'
import { nodeFileSystem } from './node-file-system.ts'
import {
  decodeSegmentHeader,
  encodeRecordHead,
  encodeSegmentHeader,
  formatVersion,
  newMarker,
  parseSegmentName,
  segmentHeaderBytes,
  segmentName,
} from './segment-format.ts'
import { scanSegment, type SegmentScan } from './segment-scan.ts'

const marker = Buffer.from('0123456789abcdef', 'hex')
const header = encodeSegmentHeader({ marker, number: 7, shards: 5, createdAt: 1_700_000_000_000 })
const metadata = Buffer.from('{"format":"1.0","samples":3}')

function recordOf(sequence: number, body: Buffer): Buffer {
  const { head } = encodeRecordHead(
    marker,
    { sequence, shard: sequence % 5, enqueuedAt: 1_700_000_000_000 + sequence, points: sequence * 10 },
    metadata,
    body,
  )
  return Buffer.concat([head, body])
}

const bodies = [5, 0, 40, 300, 17].map((length, index) => Buffer.alloc(length, 0xa0 + index))
const records = bodies.map((body, index) => recordOf(index + 1, body))
const whole = Buffer.concat([header, ...records])
/** Where each record starts, and the end. */
const bounds = records.reduce(
  (starts, { length }) => [...starts, (starts.at(-1) ?? 0) + length],
  [segmentHeaderBytes],
)

async function scan(bytes: Buffer, verifies = true): Promise<SegmentScan> {
  const content = new SimulatedFile(bytes)
  const file = {
    read: async (into: Buffer, position: number) => content.read(into, position),
    write: async () => undefined,
    sync: async () => undefined,
    truncate: async () => undefined,
    close: async () => undefined,
  }
  return await scanSegment(file, bytes.length, marker, verifies)
}

function sequences({ records: found }: SegmentScan): number[] {
  return found.map(({ sequence }) => sequence)
}

test('a segment is found again as it was written', async () => {
  const { records: found, damages, end } = await scan(whole)
  expect(damages).toEqual([])
  expect(end).toBe(whole.length)
  expect(
    found.map(({ offset, sequence, shard, points, enqueuedAt, bodyLength }) => ({
      offset,
      sequence,
      shard,
      points,
      enqueuedAt,
      bodyLength,
    })),
  ).toEqual(
    bodies.map((body, index) => ({
      offset: bounds[index],
      sequence: index + 1,
      shard: (index + 1) % 5,
      points: (index + 1) * 10,
      enqueuedAt: 1_700_000_000_001 + index,
      bodyLength: body.length,
    })),
  )
  expect(decodeSegmentHeader(whole)).toEqual({
    kind: 'segment',
    header: { marker, number: 7, shards: 5, createdAt: 1_700_000_000_000 },
  })
})

test('every flip of every bit costs the record that it touches and no other', async () => {
  for (let at = 0; at < whole.length; at++) {
    const touched = bounds.findLastIndex((bound) => bound <= at)
    const others = records.map((_, index) => index + 1).filter((sequence) => sequence !== touched + 1)
    for (let bit = 0; bit < 8; bit++) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << bit), at)
      const found = await scan(bytes)
      expect(sequences(found)).toEqual(touched < 0 ? [1, 2, 3, 4, 5] : others)
      expect(found.damages.length).toBe(touched < 0 ? 0 : 1)
      expect(decodeSegmentHeader(bytes).kind).toBe(touched < 0 ? 'damaged' : 'segment')
    }
  }
})

test('a segment that is cut off at any byte has what was whole before it', async () => {
  for (let length = 0; length <= whole.length; length++) {
    const found = await scan(whole.subarray(0, length))
    const intact = bounds.filter((bound, index) => index > 0 && bound <= length).length
    expect(sequences(found)).toEqual([1, 2, 3, 4, 5].slice(0, intact))
    expect(found.damages).toEqual([])
    expect(found.end).toBe(Math.min(length, bounds[intact] ?? 0))
  }
})

test('zeros and noise in its midst cost what they touch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.boolean(),
      async (at, noise, zeros) => {
        const bytes = Buffer.from(whole)
        const end = Math.min(whole.length, at + noise.length)
        Buffer.from(zeros ? new Uint8Array(noise.length) : noise).copy(bytes, at, 0, end - at)
        const untouched = records
          .map((_, index) => index)
          .filter((index) => {
            const [from = 0, to = 0] = bounds.slice(index, index + 2)
            return bytes.subarray(from, to).equals(whole.subarray(from, to))
          })
        expect(sequences(await scan(bytes))).toEqual(untouched.map((index) => index + 1))
      },
    ),
  )
})

test('bytes that a user sends cannot pass for a record, also behind damage', async () => {
  const other = newMarker()
  const hostile = Buffer.concat([
    encodeRecordHead(other, { sequence: 99, shard: 0, enqueuedAt: 0, points: 1 }, metadata, Buffer.alloc(3))
      .head,
    Buffer.alloc(3),
  ])
  const carrier = recordOf(1, hostile)
  const bytes = Buffer.concat([header, carrier, recordOf(2, Buffer.alloc(8))])
  bytes.writeUInt8(0xff, segmentHeaderBytes + 8)
  expect(sequences(await scan(bytes))).toEqual([2])
})

test('without checking bodies, a damaged one is a record', async () => {
  const bytes = Buffer.from(whole)
  bytes.writeUInt8(1, whole.length - 1)
  expect(sequences(await scan(bytes, false))).toEqual([1, 2, 3, 4, 5])
  expect((await scan(bytes, true)).damages).toEqual([
    { offset: bounds[4], length: records[4]?.length, reason: 'checksum', points: 50 },
  ])
})

test('a segment of a later version is known as such, and only where its first bytes are intact', () => {
  const later = Buffer.from(header)
  later.writeUInt32LE(formatVersion + 1, 8)
  expect(decodeSegmentHeader(later).kind).toBe('damaged')
  later.writeUInt32LE(crc32(later.subarray(0, 12)), 12)
  expect(decodeSegmentHeader(later)).toEqual({ kind: 'future', version: formatVersion + 1 })
})

test('names are read back, and others are none', () => {
  const identity = { number: 3_481_600_000_002_048, marker }
  expect(parseSegmentName(segmentName(identity))).toEqual(identity)
  for (const name of ['cursor', 'lock', '1-0123456789abcdef.segment', `${segmentName(identity)}~`])
    expect(parseSegmentName(name)).toBeUndefined()
})

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-scan-'))
})
afterAll(async () => await rm(folder, { recursive: true }))

test('records larger than the window, and markers on its border, are found on real files', async () => {
  const large = [70_000, 3, 65_536 - 44, 200_000, 1].map((length, index) =>
    recordOf(index + 1, Buffer.alloc(length, index)),
  )
  const bytes = Buffer.concat([header, ...large])
  // The header of the second is damaged: what follows is searched for.
  bytes.writeUInt8(0xff, segmentHeaderBytes + (large[0]?.length ?? 0) + 9)
  const path = join(folder, 'large')
  await writeFile(path, bytes)
  const file = await nodeFileSystem.open(path, 'read')
  const found = await scanSegment(file, bytes.length, marker, true)
  await file.close()
  expect(sequences(found)).toEqual([1, 3, 4, 5])
})
