import { cp, mkdtemp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { numberOf, QueueOnDisk, turn } from '#src/testing/queue-on-disk.ts'
import { SeededRandom } from '#src/testing/random.ts'
import { simulatedDirectory, SimulatedDisk } from '#src/testing/simulated-disk.ts'
import type { QueueFileSystem } from './file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { parseSegmentName, segmentHeaderBytes } from './segment-format.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-queue-'))
})
afterEach(async () => await rm(folder, { recursive: true }))

function numbers(count: number, first = 1): number[] {
  return Array.from({ length: count }, (_, index) => index + first)
}

/** Leaves so many requests in the folder, in segments of about two. */
async function leave(count: number): Promise<void> {
  await using sut = await QueueOnDisk.open(folder, { segmentBytes: 150 })
  for (const number of numbers(count)) {
    sut.put(number)
    await sut.kept()
  }
}

async function segments(): Promise<string[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => parseSegmentName(name) !== undefined)
    .toSorted()
    .map((name) => join(folder, name))
}

async function quarantined(): Promise<string[]> {
  return await readdir(join(folder, 'quarantine')).catch(() => [])
}

async function delivered(): Promise<{ readonly got: number[]; readonly sut: QueueOnDisk }> {
  const sut = await QueueOnDisk.open(folder)
  const got = await sut.drain()
  await sut.close()
  return { got, sut }
}

test('what was left is restored with its points, and comes before what is new', async () => {
  await leave(5)
  await using sut = await QueueOnDisk.open(folder)
  expect(sut.ledger).toMatchObject({ restored: 50, queued: 50, stored: 50 })
  sut.put(6)
  expect(await sut.drain()).toEqual(numbers(6))
  expect(sut.ledger).toMatchObject({ accepted: 10, delivered: 60, queued: 0, stored: 0 })
  await sut.close()
  expect((await delivered()).got).toEqual([])
  expect(await segments()).toEqual([])
})

test('what was delivered does not come again after a stop, and what was given out and put back does', async () => {
  await leave(6)
  {
    await using sut = await QueueOnDisk.open(folder)
    for (const number of [1, 2, 3]) {
      const request = await sut.take()
      if (request === undefined) throw new Error('there is one')
      expect(numberOf(request)).toBe(number)
      if (number < 3) sut.deliver(request)
      else sut.queue.putBack(request)
    }
  }
  expect((await delivered()).got).toEqual([3, 4, 5, 6])
})

test('a request that was cut in parts is settled when all of them are', async () => {
  await leave(2)
  await using sut = await QueueOnDisk.open(folder)
  const request = await sut.take()
  if (request === undefined) throw new Error('there is one')
  const [share] = request.shares
  if (share === undefined) throw new Error('it has points')
  const part = (points: number) => ({
    ...request,
    body: request.body.subarray(0, 8),
    shares: [{ ...share, points }],
    release: () => undefined,
  })
  const [first, second] = [part(4), part(6)]
  sut.queue.settled(request, [first, second])
  request.release()
  expect(await sut.take()).toBe(first)
  sut.deliver(first)
  expect(sut.ledger).toMatchObject({ queued: 16, stored: 16, delivered: 4 })
  expect(await sut.take()).toBe(second)
  sut.deliver(second)
  expect(await sut.drain()).toEqual([2])
})

test('with more shards or fewer each series still comes in its order', async () => {
  {
    await using sut = await QueueOnDisk.open(folder, { shards: 3 })
    for (const number of numbers(9)) sut.put(number, 20, number % 3)
    await sut.kept()
  }
  await using sut = await QueueOnDisk.open(folder, { shards: 1 })
  for (const number of numbers(3, 10)) sut.put(number)
  const got = await sut.drain()
  expect(got.slice(-3)).toEqual([10, 11, 12])
  for (const shard of [0, 1, 2]) {
    const own = got.filter((number) => number % 3 === shard && number < 10)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
  expect(got).toHaveLength(12)
})

describe('48: what is on disk is damaged', () => {
  test('each flip of a byte of a queue costs the record that it touches, is counted, and stops no start', async () => {
    await leave(3)
    const names = (await segments()).toSorted()
    const contents = await Promise.all(names.map(async (name) => await readFile(name)))
    let costs = 0
    for (const [index, content] of contents.entries()) {
      for (let at = 0; at < content.length; at++) {
        const disk = new SimulatedDisk(new SeededRandom(1))
        await disk.begin().makeDirectory(simulatedDirectory)
        for (const [other, name] of names.entries()) {
          const bytes = Buffer.from(contents[other] ?? '')
          if (other === index) bytes.writeUInt8((bytes[at] ?? 0) ^ 0xff, at)
          disk.put(join(simulatedDirectory, name.slice(folder.length + 1)), bytes)
        }
        const sut = await QueueOnDisk.open(simulatedDirectory, { files: disk.begin() })
        const got = await drainQuickly(sut)
        const lost = numbers(3).filter((number) => !got.includes(number))
        expect(lost.length).toBe(at < segmentHeaderBytes ? 0 : 1)
        expect(got).toEqual(got.toSorted((a, b) => a - b))
        const { restored, delivered: arrived, dropped } = sut.ledger
        expect(restored).toBe(arrived + dropped.get('corrupt'))
        expect(sut.queue.status.disk?.damages).toBe(lost.length)
        costs += lost.length
        await sut.close()
      }
    }
    expect(costs).toBeGreaterThan(100)
  })

  test('a tail that was cut off at any byte costs the last record, and needs no quarantine', async () => {
    await leave(2)
    const [name = ''] = await segments()
    const whole = await readFile(name)
    for (let length = segmentHeaderBytes; length < whole.length; length += 7) {
      await rm(folder, { recursive: true })
      await nodeFileSystem.makeDirectory(folder)
      await writeFile(name, whole.subarray(0, length))
      const { got } = await delivered()
      expect([[], [1]]).toContainEqual(got)
      expect(await quarantined()).toEqual([])
    }
  })

  test('a page of zeros in the midst costs what it covers', async () => {
    {
      await using sut = await QueueOnDisk.open(folder)
      for (const number of numbers(20)) sut.put(number, 1000)
      await sut.kept()
    }
    const [name = ''] = await segments()
    const bytes = await readFile(name)
    bytes.fill(0, 4096, 8192)
    await writeFile(name, bytes)
    const { got, sut } = await delivered()
    expect(got.slice(0, 3)).toEqual([1, 2, 3])
    expect(got.slice(-10)).toEqual(numbers(10, 11))
    expect(got.length).toBeGreaterThanOrEqual(14)
    expect(await quarantined()).not.toEqual([])
    expect(sut.log.lines.filter(({ level }) => level === 'error').at(0)).toMatchObject({
      message: 'a part of the queue cannot be read: it is put into quarantine',
      fields: { file: name, offset: expect.any(Number) as number },
    })
  })

  test('an empty file, a file of noise and files of others stop nothing; the noise is put aside, the others stay', async () => {
    await leave(4)
    const noise = '0000000000000007-00112233445566ff.segment'
    await writeFile(join(folder, '0000000000000006-0011223344556677.segment'), '')
    await writeFile(join(folder, noise), Buffer.alloc(5000, 0x5a))
    await writeFile(join(folder, 'notes.txt'), 'mine')
    const { got, sut } = await delivered()
    expect(got).toEqual(numbers(4))
    expect(await quarantined()).toEqual([noise])
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
    expect(sut.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'the queue directory has files that are none of the queue: they are left alone',
      }),
    )
    expect(await segments()).toEqual([])
  })

  test('a segment of a newer version is left alone, also by the next start', async () => {
    await leave(4)
    const [name = ''] = await segments()
    const bytes = await readFile(name)
    bytes.writeUInt32LE(2, 8)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
    await writeFile(name, bytes)
    const { got, sut } = await delivered()
    expect(got).toEqual([3, 4])
    expect(await segments()).toEqual([name])
    expect(sut.log.lines).toContainEqual(
      expect.objectContaining({ message: 'a segment was written by a newer version: it is left alone' }),
    )
    expect((await delivered()).got).toEqual([])
    expect(await readFile(name)).toEqual(bytes)
  })

  test.each([
    ['is missing', async (path: string) => await unlink(path)],
    ['is cut off', async (path: string) => await truncate(path, 20)],
    ['is noise', async (path: string) => await writeFile(path, Buffer.alloc(100, 0xff))],
    ['is empty', async (path: string) => await writeFile(path, '')],
  ])('where the cursor %s, more comes again, and nothing is lost', async (_, damage) => {
    await leave(4)
    {
      await using sut = await QueueOnDisk.open(folder)
      const request = await sut.take()
      if (request === undefined) throw new Error('there is one')
      sut.deliver(request)
    }
    const copy = join(folder, 'quarantine', 'copy')
    await cp(join(folder, 'cursor'), copy)
    await damage(join(folder, 'cursor'))
    expect((await delivered()).got).toEqual(numbers(4))
  })
})

test('with `interval` only what waits is synced: what was delivered meanwhile is neither forced to the disk nor in memory', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const syncs: string[] = []
  disk.tell = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.segment')) syncs.push(path)
  }
  await using sut = await QueueOnDisk.open(simulatedDirectory, { files: disk.begin(), sync: 'interval' })
  for (const number of numbers(3)) {
    sut.put(number)
    await sut.kept()
    expect(await sut.drain()).toEqual([number])
    expect(sut.queue.status.memoryBytes).toBe(0)
  }
  await sut.clock.advance(1000)
  expect(syncs).toEqual([])
  sut.put(4)
  await sut.kept()
  await sut.clock.advance(1000)
  while (syncs.length === 0) await turn()
})

describe('46: the disk does not take what was written', () => {
  test('after a sync that fails the data is written again elsewhere, and that sync is never repeated', async () => {
    const syncs = new Map<string, number>()
    const files = failingSync((path) => {
      syncs.set(path, (syncs.get(path) ?? 0) + 1)
      return syncs.size === 1
    })
    {
      await using sut = await QueueOnDisk.open(folder, { files })
      sut.put(1)
      sut.put(2)
      await sut.kept()
      expect(sut.log.lines).toContainEqual(
        expect.objectContaining({
          level: 'error',
          message: 'the disk did not take what was written: it is written again elsewhere',
        }),
      )
      expect(sut.error).toBeUndefined()
    }
    expect([...syncs.values()][0]).toBe(1)
    expect((await delivered()).got).toEqual([1, 2])
  })

  test('while every sync fails it works in memory, and on disk when they work again', async () => {
    let fails = true
    const files = failingSync(() => fails)
    await using sut = await QueueOnDisk.open(folder, { files })
    sut.put(1)
    while (sut.error === undefined) await turn()
    expect(sut.queue.status.disk?.writable).toBe(false)
    const request = await sut.take()
    if (request === undefined) throw new Error('it is given out from memory')
    sut.deliver(request)
    sut.put(2)
    expect(sut.ledger).toMatchObject({ delivered: 10, queued: 10, stored: 0 })
    fails = false
    while (sut.queue.status.disk?.writable !== true) await sut.clock.advance(1000)
    await sut.kept()
    expect(sut.error).toBeUndefined()
    expect(await sut.drain()).toEqual([2])
  })
})

describe('bounds', () => {
  test('where it is full, new data is refused', async () => {
    await using sut = await QueueOnDisk.open(folder, { maxDiskBytes: 3000, segmentBytes: 1000 })
    const taken = numbers(10).filter((number) => sut.put(number, 500))
    expect(taken).toEqual([1, 2, 3, 4, 5, 6])
    await sut.kept()
    expect(await sut.drain()).toEqual(taken)
    expect(sut.put(11, 500)).toBe(true)
  })

  test('or the oldest segment makes room, is counted, and what is in flight is not touched', async () => {
    await using sut = await QueueOnDisk.open(folder, {
      maxDiskBytes: 3000,
      segmentBytes: 1000,
      whenFull: 'drop_oldest',
    })
    for (const number of numbers(4)) {
      sut.put(number, 500)
      await sut.kept()
    }
    const request = await sut.take()
    if (request === undefined) throw new Error('there is one')
    for (const number of numbers(4, 5)) {
      expect(sut.put(number, 500)).toBe(true)
      await sut.kept()
    }
    sut.deliver(request)
    const got = await sut.drain()
    expect(got.at(-1)).toBe(8)
    expect(got).toEqual(numbers(got.length, 9 - got.length))
    expect(sut.ledger.dropped.get('queue_full')).toBe((8 - 1 - got.length) * 10)
    expect(sut.ledger).toMatchObject({ queued: 0, stored: 0, imbalance: 0 })
  })

  test('what is too old is given up, in its line and in segments that nobody has looked at', async () => {
    const clock = new FakeClock()
    await using sut = await QueueOnDisk.open(folder, { clock, maxAgeMs: 10_000, segmentBytes: 200 })
    for (const number of numbers(4)) sut.put(number)
    await sut.kept()
    await clock.advance(9000)
    sut.put(5)
    await sut.kept()
    await clock.advance(3000)
    expect(sut.queue.status.oldest).toBe(clock.now() - 3000)
    expect(await sut.drain()).toEqual([5])
    expect(sut.ledger.dropped.get('expired')).toBe(40)
  })

  test('the oldest is the one that waits, not the first of its segment', async () => {
    const clock = new FakeClock()
    await using sut = await QueueOnDisk.open(folder, { clock })
    expect(sut.queue.status.oldest).toBeUndefined()
    const start = clock.now()
    sut.put(1)
    await clock.advance(1000)
    sut.put(2)
    await sut.kept()
    expect(sut.queue.status.oldest).toBe(start)
    const request = await sut.take()
    if (request === undefined) throw new Error('there is one')
    expect(sut.queue.status.oldest).toBe(start)
    sut.deliver(request)
    expect(sut.queue.status.oldest).toBe(start + 1000)
  })

  test('what waits for a shard that is stuck does not keep others from being read', async () => {
    {
      await using sut = await QueueOnDisk.open(folder, { shards: 2 })
      for (const number of numbers(10)) sut.put(number, 1000)
      await sut.kept()
    }
    await using sut = await QueueOnDisk.open(folder, { shards: 2, maxBytes: 8000 })
    for (const number of numbers(5, 11)) {
      sut.put(number, 1000, 1)
      await sut.kept()
    }
    expect(await sut.drain()).toEqual(numbers(10))
  })

  test('a backlog is not in memory', async () => {
    const maxBytes = 1 << 20
    await using sut = await QueueOnDisk.open(folder, {
      maxBytes,
      maxDiskBytes: 1 << 27,
      segmentBytes: 1 << 20,
    })
    for (const number of numbers(200)) {
      expect(sut.put(number, 1 << 16)).toBe(true)
      await sut.kept()
    }
    expect(sut.queue.status.disk?.bytes).toBeGreaterThan(12 * maxBytes)
    expect(sut.queue.status.memoryBytes).toBeLessThan(maxBytes / 2)
    expect(await sut.drain()).toEqual(numbers(200))
  })
})

test('a directory that a person has to mend keeps it from starting, and says so', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(QueueOnDisk.open(join(file, 'queue'))).rejects.toMatchObject({
    name: 'QueueDirectoryError',
    code: 'ENOTDIR',
    message: expect.stringContaining(`cannot use the queue directory ${join(file, 'queue')}`) as string,
  })
})

/** Real files whose syncs fail where that is said. */
function failingSync(fails: (path: string) => boolean): QueueFileSystem {
  return {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode)
      return {
        read: async (into, position) => await file.read(into, position),
        write: async (chunks, position) => await file.write(chunks, position),
        truncate: async (length) => await file.truncate(length),
        close: async () => await file.close(),
        async sync() {
          if (mode === 'create' && path.endsWith('.segment') && fails(path))
            throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
          await file.sync()
        },
      }
    },
  }
}

/** Delivers all, on a disk that needs no time. */
async function drainQuickly(sut: QueueOnDisk): Promise<number[]> {
  const got: number[] = []
  for (let turns = 0; turns < 30 && !sut.queue.isEmpty; turns++) {
    const request = sut.queue.take(0)
    if (request === undefined) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      continue
    }
    got.push(numberOf(request))
    sut.deliver(request)
    turns = 0
  }
  return got
}
