import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { until } from '../mount-namespace.ts'

const root = '/sys/fs/cgroup'
const controllers = ['cpu', 'cpuacct', 'memory', 'blkio', 'pids', 'cpuset']

/** A cgroup of version 1 on this host, with a process in it; it needs root. */
export class FirstCgroup implements AsyncDisposable {
  readonly #path: string
  #process: ChildProcess | undefined

  /**
   * @param path of the cgroup, that may not be there yet
   * @param limits texts by controller and file
   */
  constructor(path: string, limits: Readonly<Record<string, string>>) {
    this.#path = path
    for (const controller of controllers) {
      mkdirSync(`${root}/${controller}${path}`, { recursive: true })
      if (controller !== 'cpuset') continue
      // A cgroup of version 1 has no CPUs until it is given some.
      for (const folder of foldersOf(path).toReversed())
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          writeFileSync(`${root}/cpuset${folder}/${file}`, readFileSync(`${root}/cpuset/${file}`))
    }
    for (const [file, text] of Object.entries(limits)) {
      const [controller = '', name = ''] = file.split('/')
      writeFileSync(`${root}/${controller}${path}/${name}`, text)
    }
  }

  /** Starts a command of the shell that is in the cgroup from its first moment on; it ends with the cgroup. */
  start(command: string): void {
    const enter = controllers.map((name) => `echo $$ > ${root}/${name}${this.#path}/cgroup.procs`)
    this.#process = spawn('sh', ['-euc', [...enter, command].join('\n')], { stdio: 'ignore' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await ended
    }
    for (const controller of controllers) {
      const folders = foldersOf(this.#path).map((folder) => `${root}/${controller}${folder}`)
      const [own = '', ...above] = folders
      // A cgroup can be removed once the kernel is done with its processes; in those above it others may be.
      await until(`${own} is gone`, () => (removed(own) ? true : undefined))
      above.forEach(removed)
    }
  }
}

/** A path and those above it, the innermost first. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1)
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`)
}

/** Whether a cgroup is gone, or others are still in it. */
function removed(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT'
  }
}
