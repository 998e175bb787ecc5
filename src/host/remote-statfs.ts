import type { Clock } from '#src/component/clock.ts'
import { HostError } from './host-error.ts'
import type { FileSystemSpace } from './statfs.ts'
import { StatfsProcess, StatfsTimeout } from './statfs-process.ts'

/**
 * When a file system that hangs is asked again: soon at first, since most outages are short; then less and less often,
 * since each attempt keeps it from being unmounted for 5 s and costs a new helper process.
 */
const firstRetryMs = 30_000
const longestRetryMs = 300_000

/** What calls `statfs` and gives up in time. */
type Measurer = Pick<StatfsProcess, 'measure' | 'close'>

/** A file system that hangs. */
interface Hang {
  readonly timeout: StatfsTimeout
  readonly retryMs: number
  readonly retryAt: number
}

/** What is known of one file system. */
interface FileSystem {
  /** Settles when the requests so far have: one at a time, so that a server that is gone holds one thread of the helper. */
  last: Promise<unknown>
  hang: Hang | undefined
  retrying: boolean
}

/**
 * Measures file systems that may hang, and remembers which do: these are not waited for again but asked in the
 * background from time to time, until they answer.
 */
export class RemoteStatfs {
  readonly #clock: Clock
  readonly #process: Measurer
  readonly #fileSystems = new Map<string, FileSystem>()

  constructor(clock: Clock, process: Measurer = new StatfsProcess(clock)) {
    this.#clock = clock
    this.#process = process
  }

  /**
   * Measures the file system at a path.
   *
   * @param device `major:minor` of the file system: all its mounts hang together
   * @throws HostError, `timeout` where it does not answer in time or is known to hang
   */
  async measure(device: string, path: string): Promise<FileSystemSpace> {
    let fileSystem = this.#fileSystems.get(device)
    if (fileSystem === undefined) {
      fileSystem = { last: Promise.resolve(), hang: undefined, retrying: false }
      this.#fileSystems.set(device, fileSystem)
    }
    if (fileSystem.hang !== undefined) {
      void this.#retry(fileSystem, fileSystem.hang, path)
      throw hanging(path)
    }
    const answer = this.#askInTurn(fileSystem, fileSystem.last, path)
    fileSystem.last = answer.catch(() => undefined)
    return await answer
  }

  /** Forgets the file systems that are not mounted any more; without any the helper process ends. */
  keep(devices: ReadonlySet<string>): void {
    for (const device of this.#fileSystems.keys()) if (!devices.has(device)) this.#fileSystems.delete(device)
    if (this.#fileSystems.size === 0) this.close()
  }

  /** Ends the helper process; nothing waits for it. */
  close(): void {
    this.#process.close()
  }

  async #askInTurn(fileSystem: FileSystem, turn: Promise<unknown>, path: string): Promise<FileSystemSpace> {
    await turn
    if (fileSystem.hang !== undefined) throw hanging(path)
    return await this.#ask(fileSystem, path)
  }

  async #ask(fileSystem: FileSystem, path: string): Promise<FileSystemSpace> {
    try {
      const space = await this.#process.measure(path)
      fileSystem.hang = undefined
      return space
    } catch (error) {
      fileSystem.hang = error instanceof StatfsTimeout ? this.#hangAfter(error, fileSystem.hang) : undefined
      throw error
    }
  }

  #hangAfter(timeout: StatfsTimeout, before: Hang | undefined): Hang {
    const retryMs = before === undefined ? firstRetryMs : Math.min(before.retryMs * 2, longestRetryMs)
    return { timeout, retryMs, retryAt: this.#clock.monotonic() + retryMs }
  }

  async #retry(fileSystem: FileSystem, { timeout, retryAt }: Hang, path: string): Promise<void> {
    // While the call of the last attempt cannot even be killed another one would only add a process.
    if (fileSystem.retrying || this.#clock.monotonic() < retryAt || timeout.held) return
    fileSystem.retrying = true
    try {
      await this.#ask(fileSystem, path)
    } catch {
      // The next cycle tells what is known now.
    }
    fileSystem.retrying = false
  }
}

function hanging(path: string): HostError {
  return new HostError('timeout', path, 'the file system hangs: it is left out until it answers')
}
