import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Clock } from '#src/component/clock.ts'
import { HostError, reasonOf } from './host-error.ts'
import { spaceOf, type FileSystemSpace } from './statfs.ts'

/** How long a file system may take to answer: as long as node_exporter waits. */
export const patienceMs = 5000

/** Requests made within this time after one that is given up are given up with it: they are those of one cycle. */
const togetherMs = 500

/**
 * Calls that the helper makes at once, each in a thread of its own: as many file systems may hang while others still
 * get their answers. More would not fit where the number of threads is limited to a hundred.
 */
const threads = 32

/** The helper's program: beside this module in the source; in the bundle beside the command, above its chunks. */
const helperProgram = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './statfs-helper.ts' : '../statfs-helper.js', import.meta.url),
)

/** One helper process. Where it hangs in a system call that no signal ends it outlives its use. */
interface Helper {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  ended: boolean
}

interface Request {
  readonly path: string
  readonly resolve: (space: FileSystemSpace) => void
  readonly reject: (error: HostError) => void
  askedAt: number
  /** Cancels the timer that gives it up. */
  cancel: () => void
}

/** A file system did not answer in time. */
export class StatfsTimeout extends HostError {
  readonly #helper: { readonly ended: boolean }

  /** @param helper the process that asked */
  constructor(path: string, helper: { readonly ended: boolean }) {
    super('timeout', path, `statfs has no answer after ${patienceMs / 1000} s: the file system hangs`)
    this.#helper = helper
  }

  /** Whether the process that asked still cannot end, though it was killed: then the file system still hangs. */
  get held(): boolean {
    return !this.#helper.ended
  }
}

/**
 * Calls `statfs` in another process, since such a call may hang for ever: here it would hold one of the four threads
 * of all file access, and the exit of the process. The helper is started by the first request. Where an answer does not
 * come in time the helper is killed, because its call also keeps the file system from being unmounted, and a new one
 * takes over. Nothing waits for a helper that was killed.
 */
export class StatfsProcess {
  readonly #clock: Clock
  readonly #program: string
  readonly #requests = new Map<number, Request>()
  #helper: Helper | undefined
  #lastId = 0

  /** @param program what the helper runs, where a test has its own */
  constructor(clock: Clock, program: string = helperProgram) {
    this.#clock = clock
    this.#program = program
  }

  /**
   * Measures the file system at a path.
   *
   * @throws StatfsTimeout where there is no answer in time
   * @throws HostError where the answer is an error, or there is no helper
   */
  async measure(path: string): Promise<FileSystemSpace> {
    const { promise, resolve, reject } = Promise.withResolvers<FileSystemSpace>()
    const request: Request = { path, resolve, reject, askedAt: 0, cancel: () => undefined }
    this.#send(++this.#lastId, request)
    try {
      return await promise
    } finally {
      request.cancel()
    }
  }

  /** Kills the helper and does not wait for its end. Requests that have no answer yet fail. */
  close(): void {
    if (this.#helper !== undefined) this.#leave(this.#helper, 'it is not needed any more')
  }

  #send(id: number, request: Request): void {
    this.#requests.set(id, request)
    request.cancel()
    request.askedAt = this.#clock.monotonic()
    request.cancel = this.#clock.after(patienceMs, () => this.#giveUp(request))
    try {
      this.#helper ??= this.#start()
    } catch (error) {
      this.#failAll(noHelper(error))
      return
    }
    // A helper that could not be started says so by an event that comes later.
    if (this.#helper.child.pid !== undefined)
      this.#helper.child.stdin.write(`${JSON.stringify([id, request.path])}\n`)
  }

  #start(): Helper {
    const child = spawn(process.execPath, ['--max-semi-space-size=1', this.#program], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // A working folder would keep its file system from being unmounted. The environment may hold secrets.
      cwd: '/',
      env: { UV_THREADPOOL_SIZE: String(threads), LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] },
    })
    const helper: Helper = { child, ended: false }
    child.once('error', (error) => {
      helper.ended = true
      this.#leave(helper, noHelper(error))
    })
    if (child.pid === undefined) return helper
    child.once('close', (code, signal) => {
      helper.ended = true
      this.#leave(helper, `the process for it has ended (${signal ?? `exit status ${code}`})`)
    })
    // Neither the process nor its pipes keep this one from its exit.
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) (pipe as Socket).unref()
    // A broken pipe shows as the end of the process.
    child.stdin.on('error', () => undefined)
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#answer(JSON.parse(line) as [number, ...string[]])
    })
    return helper
  }

  #answer([id, ...fields]: readonly [number, ...string[]]): void {
    const request = this.#requests.get(id)
    if (request === undefined) return
    this.#requests.delete(id)
    const [code, message] = fields
    if (fields.length === 2) {
      const cause = Object.assign(new Error(message), { code })
      request.reject(new HostError(reasonOf(cause), request.path, cause.message, { cause }))
      return
    }
    const [frsize = 0n, bsize = 0n, blocks = 0n, bfree = 0n, bavail = 0n, files = 0n, ffree = 0n] =
      fields.map(BigInt)
    request.resolve(spaceOf({ frsize, bsize, blocks, bfree, bavail, files, ffree }))
  }

  /** Kills the helper that has no answer to a request; what was asked later goes to the next one. */
  #giveUp({ askedAt }: Request): void {
    const helper = this.#helper
    if (helper === undefined) return
    this.#kill(helper)
    for (const [id, request] of this.#requests) {
      if (request.askedAt > askedAt + togetherMs) {
        this.#send(id, request)
        continue
      }
      this.#requests.delete(id)
      request.reject(new StatfsTimeout(request.path, helper))
    }
  }

  /** Goes on without a helper that ended by itself, or that is not needed any more. */
  #leave(helper: Helper, reason: string): void {
    if (helper !== this.#helper) return
    this.#kill(helper)
    this.#failAll(reason)
  }

  #failAll(reason: string): void {
    for (const { path, reject } of this.#requests.values())
      reject(new HostError('io_error', path, `statfs was not called: ${reason}`))
    this.#requests.clear()
  }

  #kill(helper: Helper): void {
    this.#helper = undefined
    helper.child.kill('SIGKILL')
    helper.child.stdin?.destroy()
    helper.child.stdout?.destroy()
  }
}

function noHelper(error: unknown): string {
  return `the process for it cannot be started: ${error instanceof Error ? error.message : String(error)}`
}
