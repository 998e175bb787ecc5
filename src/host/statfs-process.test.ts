import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { childrenRunning, isRunning, writeHangingHelper } from '#src/testing/statfs-helpers.ts'
import { patienceMs, StatfsProcess } from './statfs-process.ts'
import { statfsNow } from './statfs.ts'

let folder = ''
let clock = new FakeClock()
const opened: StatfsProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-statfs-'))
  clock = new FakeClock()
})
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
  rmSync(folder, { recursive: true })
})

function statfsProcess(program?: string): StatfsProcess {
  const made = new StatfsProcess(clock, program)
  opened.push(made)
  return made
}

const helpers = (): number[] => childrenRunning('statfs-helper.ts')

async function ended(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000)
}

/** The error that a request ends with. */
async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return await answer.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Lets a path hang for the helper of tests. */
function hang(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  return path
}

test('the helper measures what this process measures', async () => {
  const { size, files } = statfsNow('/')
  expect(await statfsProcess().measure('/')).toMatchObject({ size, files })
})

test('no helper runs before the first request, one from then on, none after the close', async () => {
  // That of the test before may still be on its way out.
  await vi.waitFor(() => expect(helpers()).toEqual([]))
  const statfs = statfsProcess()
  expect(helpers()).toEqual([])
  await Promise.all([statfs.measure('/'), statfs.measure('/proc')])
  await statfs.measure('/')
  const [helper = 0, ...more] = helpers()
  expect(more).toEqual([])
  statfs.close()
  await ended(helper)
})

test('paths with any characters arrive', async () => {
  const path = join(folder, 'a "b"\n\\ü')
  writeFileSync(path, '')
  expect((await statfsProcess().measure(path)).size).toBe(statfsNow(folder).size)
})

test('an error of the call is told with its reason and path', async () => {
  const path = join(folder, 'missing')
  await expect(statfsProcess().measure(path)).rejects.toMatchObject({
    reason: 'not_found',
    file: path,
    message: expect.stringContaining('ENOENT'),
  })
})

test('a path that hangs is given up after 5 s, the others are measured meanwhile', async () => {
  const statfs = statfsProcess(writeHangingHelper(folder))
  const hung = failureOf(statfs.measure(hang('hung')))
  expect(await statfs.measure('/healthy')).toEqual({
    size: 4_096_000n,
    free: 2_457_600n,
    available: 2_048_000n,
    files: 70n,
    filesFree: 60n,
  })
  await clock.advance(patienceMs - 1)
  expect(childrenRunning('hanging-helper.mjs')).toHaveLength(1)
  await clock.advance(1)
  expect(await hung).toMatchObject({ reason: 'timeout', file: join(folder, 'hung') })
})

test('the helper that hangs is killed, and what was asked later goes to a new one', async () => {
  const statfs = statfsProcess()
  await statfs.measure('/')
  const [first = 0] = helpers()
  process.kill(first, 'SIGSTOP')
  const hung = Promise.allSettled([statfs.measure('/'), statfs.measure('/proc')])
  await clock.advance(1000)
  const later = statfs.measure('/')
  await clock.advance(patienceMs - 1000)
  expect(await hung).toMatchObject([{ reason: { reason: 'timeout' } }, { reason: { reason: 'timeout' } }])
  expect((await later).size).toBe(statfsNow('/').size)
  await ended(first)
  expect(helpers()).toHaveLength(1)
})

test('a helper that was stopped is killed all the same', async () => {
  const statfs = statfsProcess()
  await statfs.measure('/')
  const [helper = 0] = helpers()
  process.kill(helper, 'SIGSTOP')
  const [error] = await Promise.all([failureOf(statfs.measure('/')), clock.advance(patienceMs)])
  expect(error).toMatchObject({ reason: 'timeout' })
  await ended(helper)
  await vi.waitFor(() => expect(error).toMatchObject({ held: false }))
})

test('a helper that ends by itself is an error of what it was asked, and the next request has a new one', async () => {
  const statfs = statfsProcess(writeHangingHelper(folder))
  await statfs.measure('/healthy')
  const failure = failureOf(statfs.measure(hang('hung')))
  process.kill(childrenRunning('hanging-helper.mjs')[0] ?? 0, 'SIGTERM')
  expect(await failure).toMatchObject({
    reason: 'io_error',
    message: 'statfs was not called: the process for it has ended (SIGTERM)',
  })
  expect((await statfs.measure('/healthy')).files).toBe(70n)
})

test('a helper that cannot run is an error', async () => {
  await expect(statfsProcess(join(folder, 'missing.mjs')).measure('/')).rejects.toMatchObject({
    reason: 'io_error',
    message: 'statfs was not called: the process for it has ended (exit status 1)',
  })
})

test.each([
  ['later', 'no-node'],
  ['at once', ''],
])('so is one that cannot be started, which shows %s', async (_, name) => {
  const { execPath } = process
  process.execPath = name === '' ? '' : join(folder, name)
  try {
    await expect(statfsProcess().measure('/')).rejects.toMatchObject({
      reason: 'io_error',
      message: expect.stringContaining('statfs was not called: the process for it cannot be started: '),
    })
    expect(clock.waiting).toBe(0)
  } finally {
    process.execPath = execPath
  }
})

test('a close fails what is asked', async () => {
  const statfs = statfsProcess(writeHangingHelper(folder))
  const failure = failureOf(statfs.measure(hang('hung')))
  statfs.close()
  expect(await failure).toMatchObject({
    reason: 'io_error',
    message: 'statfs was not called: it is not needed any more',
  })
})

/** A program that has a helper, and says when it is at work; then it does something more. */
function parentProgram(last: string): string {
  const program = join(folder, 'parent.mts')
  const modules = ['./statfs-process.ts', '../component/clock.ts'].map(
    (path) => new URL(path, import.meta.url).href,
  )
  writeFileSync(
    program,
    `import { StatfsProcess } from ${JSON.stringify(modules[0])}
     import { systemClock } from ${JSON.stringify(modules[1])}
     const alive = setInterval(() => undefined, 1000)
     const statfs = new StatfsProcess({ ...systemClock, after: () => () => undefined })
     await statfs.measure('/')
     console.log('ready')
     ${last}`,
  )
  return program
}

test('a helper ends with a parent that is killed', async () => {
  const parent = spawn(process.execPath, [parentProgram('')], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  const [helper = 0] = childrenRunning('statfs-helper.ts', parent.pid)
  expect(isRunning(helper)).toBe(true)
  parent.kill('SIGKILL')
  await ended(helper)
})

test('a request without an answer does not keep a process from its end', async () => {
  const last = "process.once('SIGUSR2', () => { void statfs.measure('/'); clearInterval(alive) })"
  const parent = spawn(process.execPath, [parentProgram(last)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  const [helper = 0] = childrenRunning('statfs-helper.ts', parent.pid)
  process.kill(helper, 'SIGSTOP')
  parent.kill('SIGUSR2')
  expect(await once(parent, 'exit')).toEqual([0, null])
  expect(isRunning(helper)).toBe(true)
  process.kill(helper, 'SIGKILL')
})
