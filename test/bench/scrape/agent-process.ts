import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readUsage, type Usage } from '../process-usage.ts'
import { spawnOnCpus } from './spawn-on-cpus.ts'
import { targetFiles, type Agent, type Assignment } from './agents.ts'

/** An agent at work, on CPUs that it is given. */
export class AgentProcess {
  readonly #child: ChildProcess
  readonly #log: string
  readonly #folder: string
  readonly #resident: number[] = []
  #watching = false

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    this.#log = join(folder, 'log')
  }

  static async start({ launch }: Agent, assignment: Assignment, cpus: string): Promise<AgentProcess> {
    const { folder } = assignment
    await mkdir(folder, { recursive: true })
    for (const [name, text] of targetFiles(assignment)) await writeFile(join(folder, name), text)
    const { config, command } = launch(assignment)
    await writeFile(join(folder, 'config.yaml'), JSON.stringify(config, undefined, 1))
    const log = await open(join(folder, 'log'), 'w')
    const child = spawnOnCpus(cpus, command, {
      cwd: folder,
      // A Go program with more threads than CPUs would only get in its own way.
      env: { ...process.env, GOMAXPROCS: '1' },
      stdio: ['ignore', log.fd, log.fd],
    })
    await log.close()
    return new AgentProcess(child, folder)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** CPU seconds and memory so far; throws, with the end of the log, where it has ended. */
  async usage(): Promise<Usage> {
    if (this.isRunning) return await readUsage(this.#child.pid ?? 0)
    throw new Error(`the agent has ended; its log:\n${await this.log()}`)
  }

  /** The end of its log. */
  async log(): Promise<string> {
    return (await readFile(this.#log, 'utf8')).slice(-4000)
  }

  /** Reads its memory twice a second from now on. */
  async watch(): Promise<void> {
    this.#watching = true
    this.#resident.length = 0
    while (this.#watching && this.isRunning) {
      this.#resident.push((await this.usage()).rss)
      await sleep(500)
    }
  }

  /** Ends the watch, and gives the median of what it saw. */
  endWatch(): number {
    this.#watching = false
    return this.#resident.toSorted((a, b) => a - b)[this.#resident.length >> 1] ?? Number.NaN
  }

  /** Asks it to end, waits for it, and removes its data. */
  async end(): Promise<void> {
    this.#watching = false
    if (this.isRunning) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(timer)
    }
    await rm(join(this.#folder, 'data'), { recursive: true, force: true })
  }
}
