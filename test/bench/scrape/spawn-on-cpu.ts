import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

/** Starts a command on one CPU. It ends with this process, however that ends. */
export function spawnOnCpu(cpu: number, command: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'taskset', '-c', String(cpu), ...command], options)
}
