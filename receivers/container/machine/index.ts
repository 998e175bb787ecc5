import { readCpuTopology, type CpuTopology } from '#src/host/cpu-topology.ts'
import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { parseMeminfo } from '#src/host/meminfo.ts'
import type { Facts } from '#src/naming/facts.ts'
import * as names from './names.ts'

/** How long what was read is taken as still so: CPUs and memory may be plugged in. cAdvisor looks as often. */
const refreshMs = 5 * 60_000

interface Read {
  readonly identity: { readonly machine: string; readonly system: string; readonly boot: string }
  readonly cpus: CpuTopology
  readonly memory: number | undefined
  readonly swap: number | undefined
}

/** The machine itself, whose series bear its ids and none of a container. */
export class Machine {
  readonly #files: HostFiles
  #read: Read | undefined
  #readAt = 0

  constructor(files: HostFiles) {
    this.#files = files
  }

  /**
   * Records what the machine has.
   *
   * @param at milliseconds of monotonic time
   * @param problem is told of what cannot be read; then nothing is recorded but that
   */
  record(facts: Facts, at: number, problem: (error: HostError) => void): void {
    if (!names.machineNames.some((name) => facts.wants(name))) return
    try {
      if (this.#read === undefined || at - this.#readAt >= refreshMs) {
        this.#read = readMachine(this.#files)
        this.#readAt = at
      }
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      problem(error)
      facts.record(names.machineScrapeError, {}, 1)
      return
    }
    recordMachine(this.#read, facts)
    facts.record(names.machineScrapeError, {}, 0)
  }
}

function recordMachine({ identity, cpus, memory, swap }: Read, facts: Facts): void {
  facts.record(names.logicalCpus, identity, cpus.logical)
  if (cpus.cores !== undefined) facts.record(names.physicalCores, identity, cpus.cores)
  if (cpus.sockets !== undefined) facts.record(names.sockets, identity, cpus.sockets)
  if (memory !== undefined) facts.record(names.installedMemory, identity, memory)
  if (swap !== undefined) facts.record(names.installedSwap, identity, swap)
  for (const quantity of ['books', 'drawers', 'memory_mode', 'app_direct_mode', 'power_budget'])
    facts.record(names.neverMeasured, { ...identity, quantity }, 0)
}

function readMachine(files: HostFiles): Read {
  const memory = files.parse('/proc/meminfo', parseMeminfo)
  return {
    identity: {
      machine: firstOf(files, ['/etc/machine-id', '/var/lib/dbus/machine-id']),
      // As cAdvisor: of virtual machines and boards without DMI the next that there is.
      system: firstOf(files, [
        '/sys/class/dmi/id/product_uuid',
        '/proc/device-tree/system-id',
        '/proc/device-tree/vm,uuid',
        '/etc/machine-id',
      ]),
      boot: firstOf(files, ['/proc/sys/kernel/random/boot_id']),
    },
    cpus: readCpuTopology(files),
    memory: memory.get('MemTotal')?.value,
    swap: memory.get('SwapTotal')?.value,
  }
}

/** The text of the first of some files that is there and may be read: the UUID of a board is for root alone. */
function firstOf(files: HostFiles, paths: readonly string[]): string {
  for (const path of paths) {
    try {
      const text = files.attribute(path)
      if (text !== undefined) return text.replace(/\0$/, '')
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return ''
}
