import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import json from '../../exporters/json/index.ts'

const config = {
  path: '',
  format: 'lines',
  append: false,
  create_directory: false,
  directory_permissions: '0755',
  compression: 'none',
  flush_interval: 1000,
  fsync: 'never',
  fsync_interval: 5000,
  queue: { max_megabytes: 32, when_full: 'refuse' },
} as const

let folder = ''
let path = ''
const cleanUp: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-full-'))
  path = join(folder, 'out.jsonl')
})
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step()
  await rm(folder, { recursive: true })
})

/** The values of a file of whole lines. */
async function valuesOf(file = path): Promise<number[]> {
  const text = await readFile(file, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: number }).value)
}

function numbersTo(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index)
}

test('a full disk stops nothing: data waits, the status and one message tell it, and all arrives once space is back', async () => {
  await symlink('/dev/full', path)
  const context = testContext()
  const { clock, ledger, logger, reports } = context
  const exporter = json.create({ ...config, path }, context)
  cleanUp.push(async () => exporter.stop?.(AbortSignal.timeout(5000)))
  await exporter.start?.()
  const each = series('n')
  for (let value = 0; value < 10; value++) {
    ledger.accepted++
    expect(exporter.consume([batchOf([[each, value]])])).toBe(true)
    await clock.advance(1000)
    expect(ledger.imbalance).toBe(0)
  }
  await vi.waitFor(() => expect(reports.at(-1)?.state).toBe('recoverable_error'))
  expect(ledger).toMatchObject({ delivered: 0, queued: 10 })
  expect(new Set(logger.lines.map(({ message }) => message))).toEqual(
    new Set(['the disk is full: data waits in memory']),
  )
  expect(logger.lines[0]?.fields).toMatchObject({ path, queued_points: expect.any(Number) as number })
  expect(logger.lines[0]?.fields['bytes_free']).toBeTypeOf('number')

  await rm(path)
  await vi.waitFor(async () => {
    await clock.advance(1000)
    expect(ledger).toMatchObject({ delivered: 10, queued: 0, imbalance: 0 })
  })
  expect(await valuesOf()).toEqual(numbersTo(10))
  expect(reports.at(-1)?.state).toBe('ok')
})

test('a directory that goes away is waited for, or made again where that is asked for', async () => {
  const directory = join(folder, 'directory')
  path = join(directory, 'out.jsonl')
  const [waiting, making] = await Promise.all(
    [false, true].map(async (create_directory) => {
      await mkdir(directory, { recursive: true })
      const context = testContext()
      const exporter = json.create({ ...config, path, append: true, create_directory }, context)
      cleanUp.push(async () => exporter.stop?.(AbortSignal.timeout(5000)))
      await exporter.start?.()
      return { context, exporter }
    }),
  )
  if (waiting === undefined || making === undefined) throw new Error('there are two')
  await rm(directory, { recursive: true })
  const { context } = waiting
  context.ledger.accepted++
  waiting.exporter.consume([batchOf([[series('n'), 0]])])
  await vi.waitFor(async () => {
    await context.clock.advance(1000)
    expect(context.reports.at(-1)).toMatchObject({ error: `the directory does not exist: ${path}` })
  })

  making.context.ledger.accepted++
  making.exporter.consume([batchOf([[series('n'), 1]])])
  for (const { ledger, clock } of [making.context, waiting.context]) {
    await vi.waitFor(async () => {
      await clock.advance(1000)
      expect(ledger).toMatchObject({ delivered: 1, queued: 0, imbalance: 0 })
    })
  }
  expect(await valuesOf()).toEqual([1, 0])
})

interface Told {
  readonly state: string
  readonly error?: string
  readonly delivered: number
  readonly queued: number
  readonly imbalance: number
  readonly next: number
}

/** An exporter in a process of its own, with limits that a shell sets before. */
class LimitedExporter {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly ended: Promise<unknown>
  told: Told | undefined
  /** Whether the law of conservation held each time. */
  balanced = true

  constructor(limit: string, ...more: string[]) {
    const script = join(import.meta.dirname, '../fixtures/json-exporter-process.ts')
    this.#process = spawn('sh', ['-c', `${limit}; exec "$0" "$@"`, process.execPath, script, path, ...more], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.ended = new Promise((resolve) => this.#process.on('exit', resolve))
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.told = JSON.parse(line) as Told
      this.balanced &&= this.told.imbalance === 0
    })
    cleanUp.push(() => this.#process.kill('SIGKILL'))
  }

  command(text: string): void {
    this.#process.stdin.write(`${text}\n`)
  }

  /** Ends it in good order; its exit status. */
  async end(): Promise<unknown> {
    this.#process.stdin.end()
    return this.ended
  }

  async waitFor(expected: (told: Told) => void): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.told === undefined) throw new Error('it has told nothing yet')
        expected(this.told)
      },
      { timeout: 10_000, interval: 20 },
    )
  }
}

test('a line that the kernel took only in part is cut off, and comes whole when there is room', async () => {
  // 64 KiB, in blocks of 512 bytes.
  const exporter = new LimitedExporter('ulimit -f 128')
  await exporter.waitFor(({ state, error }) => {
    expect(state).toBe('recoverable_error')
    expect(error).toBe(`the file may not grow any larger: ${path}`)
  })
  const first = await valuesOf()
  expect(first.length).toBeGreaterThan(500)
  exporter.command('rest')
  const moved = join(folder, 'moved.jsonl')
  await rename(path, moved)
  await exporter.waitFor(({ delivered, queued, next }) => {
    expect(queued).toBe(0)
    expect(delivered).toBe(next)
  })
  expect(await exporter.end()).toBe(0)
  expect(exporter.balanced).toBe(true)
  const all = [...(await valuesOf(moved)), ...(await valuesOf())]
  expect(all).toEqual(numbersTo(exporter.told?.delivered ?? -1))
})

test('a process that can open no more files starts, and goes on when it can (row 52 of the matrix)', async () => {
  const exporter = new LimitedExporter('ulimit -n 64', 'exhausted')
  await exporter.waitFor(({ error }) =>
    expect(error).toBe(`the process may not open any more files: ${path}`),
  )
  exporter.command('release')
  exporter.command('rest')
  await exporter.waitFor(({ state, queued }) => expect([state, queued]).toEqual(['ok', 0]))
  expect(await exporter.end()).toBe(0)
  expect(exporter.balanced).toBe(true)
  expect(await valuesOf()).toEqual(numbersTo(exporter.told?.delivered ?? -1))
})
