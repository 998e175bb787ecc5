import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const fuseServer = fileURLToPath(new URL('fuse-server.ts', import.meta.url))

/** Processes with mounts and process numbers of their own; mounts end with them. Use `await using`. */
export class MountNamespace implements AsyncDisposable {
  readonly #child: ChildProcess

  /**
   * @param script of the shell, as root
   * @param options of unshare(1), beside a namespace of mounts
   */
  constructor(script: string, options: readonly string[] = ['--mount-proc']) {
    const all = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', ...options]
    this.#child = spawn('unshare', [...all, 'sh', '-euc', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }

  /** The number, outside, of the process inside that runs a program of Node. */
  async pidOf(program: string): Promise<number> {
    return await until(`a process with ${program}`, () =>
      descendants(this.#child.pid ?? 0).find((pid) => programOf(pid)?.endsWith(program)),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** Looks until something is there. */
export async function until<Value>(
  what: string,
  look: () => Value | undefined | Promise<Value | undefined>,
): Promise<Value> {
  const end = performance.now() + 60_000
  while (performance.now() < end) {
    const value = await look()
    if (value !== undefined) return value
    await sleep(50)
  }
  throw new Error(`waited in vain for ${what}`)
}

/** Values by name and labels that are served now; undefined where nothing is. */
export async function scraped(port: number): Promise<ReadonlyMap<string, number> | undefined> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    async (response) => await response.text(),
    () => undefined,
  )
  if (text === undefined) return undefined
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^([a-z]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
    if (name === undefined) continue
    const sorted = labels.match(/\w+="(?:[^"\\]|\\.)*"/g)?.toSorted() ?? []
    values.set(`${name}{${sorted.join(',')}}`, Number(value))
  }
  return values
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A text as one word of the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** What in a script mounts a file system of FUSE on the folder `fuse`, which it makes. */
export const mountFuse = `mkdir fuse
${quoted(process.execPath)} ${quoted(fuseServer)} "$PWD/fuse" "$PWD/silence" &
while ! grep -q fuse.weir /proc/self/mountinfo; do sleep 0.1; done`

function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = readIfThere(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ')
    parents.set(Number(name), Number(fields?.[1]))
  }
  const found = [pid]
  for (const each of found) for (const [child, parent] of parents) if (parent === each) found.push(child)
  return found.slice(1)
}

function programOf(pid: number): string | undefined {
  return readIfThere(`/proc/${pid}/cmdline`).split('\0')[1]
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process has ended meanwhile.
    return ''
  }
}
