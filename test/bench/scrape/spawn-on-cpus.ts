import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

/** Starts a command on some CPUs, as in `0` or `0,2-3`. It ends with this process, however that ends. */
export function spawnOnCpus(cpus: string, command: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'taskset', '-c', cpus, ...command], options)
}
