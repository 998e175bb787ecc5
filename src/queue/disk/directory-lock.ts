import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#src/component/clock.ts'
import { codeOf } from '#src/host/write-failure.ts'
import { pause } from '../pause.ts'

/** The name of the lock's file. */
export const lockName = 'lock'

/** An owner that this process cannot see shows every second that it lives; one that has not for so long does not. */
const silenceMs = 5000
const lookMs = 250

/** Who owns a directory, as its lock says. */
interface Owner {
  readonly pid: number
  /** When the process started, in clock ticks after the boot; undefined where there is no /proc. */
  readonly start: string | undefined
  /** What makes a pid mean this process: the boot of a host, and its namespace of pids. */
  readonly realm: string
}

/** What a lock says; random besides, since the number of a file is used again. */
interface LockText extends Owner {
  readonly token: string
}

/** Another process, or another queue of this one, has the directory. */
export class QueueInUseError extends Error {
  override readonly name = 'QueueInUseError'
  readonly code = 'ERR_QUEUE_IN_USE'
}

/** The ownership of a directory, which one process has at a time. */
export class DirectoryLock {
  readonly #path: string
  readonly #text: string

  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
  }

  /**
   * Takes a directory, also from an owner that has ended. Of an owner in another container or on another host only signs
   * of life can be seen: then this takes up to 5 s.
   *
   * @throws {QueueInUseError} where a living process has it
   */
  static async take(directory: string, clock: Clock, signal: AbortSignal): Promise<DirectoryLock> {
    const path = join(directory, lockName)
    for (;;) {
      const text = await create(path)
      if (text !== undefined) return new DirectoryLock(path, text)
      const found = await look(path)
      if (found === undefined) continue
      if (await lives(found, path, clock, signal)) {
        const who = found.owner === undefined ? 'another process' : `pid ${found.owner.pid}`
        throw new QueueInUseError(`queue directory in use by ${who}: ${directory}`)
      }
      await takeAway(path, found.text)
    }
  }

  /** Shows that the owner lives; false where somebody else has taken the directory. */
  async show(): Promise<boolean> {
    if ((await readText(this.#path)) !== this.#text) return false
    const now = new Date()
    await utimes(this.#path, now, now)
    return true
  }

  /** Gives the directory free. */
  async release(): Promise<void> {
    if ((await readText(this.#path)) === this.#text) await unlink(this.#path)
  }
}

interface Found {
  /** Undefined where the lock does not say, as one that was just made. */
  readonly owner: Owner | undefined
  readonly text: string
  readonly modified: number
}

/** Makes the lock, and returns what it says; undefined where there is one. */
async function create(path: string): Promise<string | undefined> {
  let handle
  try {
    handle = await open(path, 'wx', 0o640)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  }
  try {
    const lock: LockText = { ...self(), token: randomUUID() }
    const text = `${JSON.stringify(lock)}\n`
    await handle.writeFile(text)
    return text
  } finally {
    await handle.close()
  }
}

/** What the lock says; undefined where it is gone meanwhile. */
async function look(path: string): Promise<Found | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    const { mtimeMs } = await stat(path)
    return { owner: parseOwner(text), text, modified: mtimeMs }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function lives(
  { owner, modified }: Found,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  if (owner?.realm === self().realm) return owner.start === startOf(owner.pid) && isThere(owner.pid)
  while (Math.abs(clock.now() - modified) < silenceMs && !signal.aborted) {
    await pause(clock, lookMs, signal)
    const now = await look(path)
    if (now === undefined) return false
    if (now.modified !== modified) return true
  }
  return false
}

/** Removes a lock that nobody owns, and no other one that took its place meanwhile. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await ((await readText(aside)) === text ? unlink(aside) : rename(aside, path))
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, start, realm } = JSON.parse(text) as Partial<Owner>
    return typeof pid === 'number' && typeof realm === 'string' ? { pid, start, realm } : undefined
  } catch {
    return undefined
  }
}

function self(): Owner {
  const boot = readNow('/proc/sys/kernel/random/boot_id') ?? hostname()
  return { pid: process.pid, start: startOf(process.pid), realm: `${boot} ${pidNamespace()}` }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/**
 * Fields 3 and 22 of /proc/PID/stat (proc_pid_stat(5)); the name before them may hold anything, but ends with the last
 * bracket. A process that has ended and that nobody has waited for has no start.
 */
function startOf(pid: number): string | undefined {
  const fields = readNow(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')
  return fields?.[0] === 'Z' ? undefined : fields?.[19]
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is there, and may not be signalled.
    return codeOf(error) === 'EPERM'
  }
}

/** What a file has; undefined where it cannot be read. */
async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined)
}

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
