import type { HostFiles } from './host-files.ts'
import { parseProcStat } from './proc-stat.ts'

/** How many CPUs a host has, of each kind. */
export interface CpuTopology {
  /** Logical ones that are online. */
  readonly logical: number
  /** Undefined where the kernel does not tell. */
  readonly cores: number | undefined
  readonly sockets: number | undefined
}

interface Place {
  readonly core: string
  readonly socket: string
}

/**
 * Counts logical CPUs by `/proc/stat`, and cores and sockets by what `/proc/cpuinfo` or, where that does not say (arm64), `/sys` tells
 * of each. Cores of different sockets have the same numbers: a core is its socket and its number.
 *
 * @throws HostError where `/proc` cannot be read or understood
 */
export function readCpuTopology(files: HostFiles): CpuTopology {
  const { cpus } = files.parse('/proc/stat', parseProcStat)
  const told = files.parse('/proc/cpuinfo', parseCpuPlaces)
  const places = told.length > 0 ? told : cpus.flatMap(({ cpu }) => placeOf(files, cpu) ?? [])
  const known = places.length > 0
  return {
    logical: cpus.length,
    cores: known ? new Set(places.map(({ core, socket }) => `${socket} ${core}`)).size : undefined,
    sockets: known ? new Set(places.map(({ socket }) => socket)).size : undefined,
  }
}

/** The lines `physical id` and `core id` of `/proc/cpuinfo`, which x86 has for each logical CPU, in this order. */
export function parseCpuPlaces(text: string): Place[] {
  const places: Place[] = []
  let socket = ''
  for (const line of text.split('\n')) {
    const [key = '', value = ''] = line.split(/\s*:\s*/, 2)
    if (key === 'physical id') socket = value
    if (key === 'core id') places.push({ core: value, socket })
  }
  return places
}

function placeOf(files: HostFiles, cpu: string): Place | undefined {
  const folder = `/sys/devices/system/cpu/cpu${cpu}/topology`
  const core = files.attribute(`${folder}/core_id`)
  const socket = files.attribute(`${folder}/physical_package_id`)
  return core === undefined || socket === undefined ? undefined : { core, socket }
}
