import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** One line of the program's log, as JSON has it. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** What a process that ended left behind. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface WeirProcessOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** The file that Node runs; the source unless said otherwise. */
  readonly main?: string
  /** A command of the shell that limits the process: `ulimit -n 100`. */
  readonly limit?: string
}

const source = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Longer than anything takes on a busy machine: only a hang reaches it. */
const patienceMs = 60_000

/** The real program, as a child process. Use `await using`, so that none is left behind. */
export class WeirProcess implements AsyncDisposable {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<Ended>
  #isOver = false

  constructor(args: readonly string[], { cwd, env, main = source, limit = ':' }: WeirProcessOptions = {}) {
    // The shell is replaced by the program, so that signals reach it.
    this.child = spawn('/bin/sh', ['-c', `${limit} && exec "$@"`, 'sh', process.execPath, main, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.#ended = once(this.child, 'close').then(([status, signal]: unknown[]) => {
      this.#isOver = true
      return {
        status: status as number | null,
        signal: signal as NodeJS.Signals | null,
        stdout: this.stdout,
        stderr: this.stderr,
      }
    })
  }

  /** The lines of the log so far; what is not JSON is left out. */
  get log(): LogLine[] {
    return this.stderr.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : []
      } catch {
        // The last line may not be whole yet.
        return []
      }
    })
  }

  /** The lines with this message. */
  logged(msg: string): LogLine[] {
    return this.log.filter((line) => line.msg === msg)
  }

  /** Waits for a line with this message, the `count`th one. */
  async line(msg: string, count = 1): Promise<LogLine> {
    return await this.until(`the line "${msg}"`, () => this.logged(msg)[count - 1])
  }

  /** Waits until something is there; fails, with all that the program wrote, when it ends or takes too long before. */
  async until<Value>(
    what: string,
    look: () => Value | undefined | Promise<Value | undefined>,
  ): Promise<Value> {
    const end = performance.now() + patienceMs
    for (;;) {
      const isLast = this.#isOver || performance.now() > end
      const value = await look()
      if (value !== undefined && value !== false) return value
      if (isLast)
        throw new Error(`waited in vain for ${what}; the program wrote:\n${this.stdout}${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Sends a signal, where one is given, and waits for the end. */
  async end(signal?: NodeJS.Signals): Promise<Ended> {
    if (signal !== undefined) this.signal(signal)
    const timer = setTimeout(() => this.signal('SIGKILL'), patienceMs)
    const ended = await this.#ended
    clearTimeout(timer)
    return ended
  }

  /** Where own metrics are served. */
  async metrics(): Promise<string> {
    const msg = 'own metrics are served'
    const { location } = await this.line(msg, this.logged(msg).length || 1)
    return await (await fetch(String(location))).text()
  }

  /** Asks the admin server. */
  async admin(path: string, method = 'GET'): Promise<Response> {
    const msg = 'health and status are served'
    const { address } = await this.line(msg, this.logged(msg).length || 1)
    return await fetch(`http://${String(address)}${path}`, { method })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
