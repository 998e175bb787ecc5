import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { turn } from '#src/testing/queue-on-disk.ts'
import { DirectoryLock } from './directory-lock.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-lock-'))
  path = join(folder, 'lock')
})
afterEach(async () => await rm(folder, { recursive: true }))

const signal = new AbortController().signal

async function take(clock = systemClock): Promise<DirectoryLock> {
  return await DirectoryLock.take(folder, clock, signal)
}

interface Written {
  readonly pid: number
  readonly start: string
  readonly realm: string
}

/** Puts a lock there that differs from one of this process. */
async function writeLock(changes: Partial<Written>): Promise<void> {
  const lock = await take()
  const own = JSON.parse(await readFile(path, 'utf8')) as Written
  await lock.release()
  await writeFile(path, JSON.stringify({ ...own, ...changes }))
}

test('a directory has one owner at a time, whose process is named', async () => {
  const lock = await take()
  await expect(take()).rejects.toMatchObject({
    code: 'ERR_QUEUE_IN_USE',
    message: `queue directory in use by pid ${process.pid}: ${folder}`,
  })
  expect(await lock.show()).toBe(true)
  await lock.release()
  expect(await readdir(folder)).toEqual([])
  await (await take()).release()
})

test('what a process that has ended left is taken over', async () => {
  const child = spawn(process.execPath, ['--eval', ''])
  await once(child, 'exit')
  await writeLock({ pid: child.pid ?? 0 })
  const lock = await take()
  expect(await lock.show()).toBe(true)
  await lock.release()
})

test('a pid that means another process by now does not count', async () => {
  await writeLock({ start: '1' })
  const lock = await take()
  expect(await lock.show()).toBe(true)
  await lock.release()
})

test('an owner that cannot be seen lives as long as it shows so, and not for long without', async () => {
  await writeLock({ realm: 'another host' })
  const clock = new FakeClock(Date.now())
  const refused = refusalOf(take(clock))
  while (clock.waiting === 0) await turn()
  const later = new Date(Date.now() + 1000)
  await utimes(path, later, later)
  await passUntilSettled(refused, clock)
  expect(await refused).toMatchObject({ code: 'ERR_QUEUE_IN_USE' })

  const silent = take(clock)
  await passUntilSettled(silent, clock)
  await (await silent).release()
})

async function refusalOf(taking: Promise<DirectoryLock>): Promise<unknown> {
  return await taking.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Lets time pass, as soon as somebody waits for it, until a promise settles. */
async function passUntilSettled(promise: Promise<unknown>, clock: FakeClock): Promise<void> {
  const settled = new AbortController()
  void promise.finally(() => settled.abort())
  while (!settled.signal.aborted) {
    if (clock.waiting > 0) await clock.advance(250)
    else await turn()
  }
}

test('a lock that says nothing is one that was just made, until it is old', async () => {
  await writeFile(path, '')
  const old = new Date(Date.now() - 60_000)
  await utimes(path, old, old)
  const lock = await take()
  expect(await lock.show()).toBe(true)
  await lock.release()
})

test('who has lost the directory finds out, and leaves the lock of the other alone', async () => {
  const lock = await take()
  await rm(path)
  const other = await take()
  expect(await lock.show()).toBe(false)
  await lock.release()
  expect(await other.show()).toBe(true)
  await other.release()
})
