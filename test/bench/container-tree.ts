import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const root = '/sys/fs/cgroup'
const kubepods = '/kubepods'
const pods = `${kubepods}/burstable`

/** The hierarchies of this host: those of version 1 have a folder each. */
const folders = readdirSync(root).includes('cgroup.controllers')
  ? [root]
  : ['cpu', 'cpuacct', 'memory', 'blkio', 'pids', 'cpuset'].map((name) => `${root}/${name}`)

/** One container that was made. */
export interface MadeContainer {
  readonly podUid: string
  readonly id: string
}

/** Pods of containers as the kubelet's cgroups have them, made by hand on this host, each with a process. */
export class ContainerTree implements AsyncDisposable {
  readonly containers: MadeContainer[] = []
  readonly #script: string
  readonly #paths: string[] = []
  readonly #processes: ChildProcess[] = []

  /** @param script that each process runs in a shell */
  constructor(script = 'exec sleep infinity') {
    this.#script = script
  }

  /**
   * Makes so many containers.
   *
   * @throws {Error} where this process may not make cgroups, or the host has pods of a kubelet already
   */
  make(podCount: number, containersPerPod: number): void {
    this.#makeCgroup(kubepods)
    this.#makeCgroup(pods)
    for (let pod = 0; pod < podCount; pod++) {
      const podUid = randomUUID()
      this.#makeCgroup(`${pods}/pod${podUid}`)
      for (let container = 0; container < containersPerPod; container++) this.#makeContainer(podUid)
    }
  }

  /** Ends the processes and removes the cgroups. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL')
    for (const path of this.#paths.toReversed()) for (const folder of folders) await remove(folder + path)
  }

  #makeContainer(podUid: string): void {
    const id = `${randomUUID()}${randomUUID()}`.replaceAll('-', '')
    const path = `${pods}/pod${podUid}/${id}`
    this.#makeCgroup(path)
    this.containers.push({ podUid, id })
    const child = spawn('sh', ['-c', this.#script], { stdio: 'ignore' })
    this.#processes.push(child)
    if (child.pid === undefined) throw new Error('no process could be started')
    for (const folder of folders) writeFileSync(`${folder}${path}/cgroup.procs`, String(child.pid))
  }

  #makeCgroup(path: string): void {
    this.#paths.push(path)
    for (const folder of folders) {
      mkdirSync(folder + path)
      // A cgroup of version 1 has no CPUs until it is given some.
      if (!folder.endsWith('cpuset')) continue
      writeFileSync(`${folder}${path}/cpuset.cpus`, '0')
      writeFileSync(`${folder}${path}/cpuset.mems`, '0')
    }
  }
}

/** A cgroup can be removed once the kernel is done with its processes. */
async function remove(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      rmdirSync(folder)
      return
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      await sleep(50)
    }
  }
  throw new Error(`the cgroup ${folder} cannot be removed`)
}
