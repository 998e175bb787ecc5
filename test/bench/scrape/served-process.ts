import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { spawnOnCpus } from './spawn-on-cpus.ts'

/** Serves on a free port of the loopback, and lets connections stay open as long as the other side wants. */
export async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.headersTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  return (server.address() as AddressInfo).port
}

/** Tells the process that started this one that it serves, and what it has to know. */
export function announce(message: object): void {
  process.send?.(message)
}

/** A process of the harness that serves at one port for each agent. */
export class ServedProcess<Announced extends { readonly ports: readonly number[] }> {
  readonly announced: Announced
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, announced: Announced) {
    this.#child = child
    this.announced = announced
  }

  /** Starts a file of this folder on some CPUs, and waits until it serves. */
  static async start<Announced extends { readonly ports: readonly number[] }>(
    file: string,
    options: object,
    cpus: string,
  ): Promise<ServedProcess<Announced>> {
    const program = fileURLToPath(new URL(file, import.meta.url))
    const child = spawnOnCpus(cpus, [process.execPath, program, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const announced = await Promise.race([
      once(child, 'message').then(([message]: unknown[]) => message as Announced),
      once(child, 'exit').then(() => undefined),
    ])
    if (announced === undefined) throw new Error(`${file} ended at its start`)
    return new ServedProcess(child, announced)
  }

  /** Asks for a path at the port of an agent; throws where the answer is no success. */
  async ask(agent: number, path: string, body?: string): Promise<string> {
    const url = `http://127.0.0.1:${this.announced.ports[agent]}${path}`
    const response = await fetch(url, body === undefined ? {} : { method: 'POST', body })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} says ${response.status}: ${text}`)
    return text
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
