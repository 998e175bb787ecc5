import { parseCpuinfo } from '#src/host/cpuinfo.ts'
import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { amountOf, cpuListOf } from '#src/host/kernel-text.ts'
import { parseProcStat } from '#src/host/proc-stat.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import { apartModes, CpuClock, wholeModes, type CpuReading } from './cpu-clock.ts'
import {
  coreCount,
  coreThrottles,
  cpuCount,
  cpuFrequency,
  cpuGuestTime,
  cpuIsolated,
  cpuShare,
  cpuShareApart,
  cpuTime,
  cpuTimeApart,
  packageThrottles,
} from './names.ts'

const cpuFolder = '/sys/devices/system/cpu'

/** Where a logical CPU sits. */
interface Place {
  readonly package: string
  readonly core: string
}

/** Measures the CPUs: `/proc/stat`, and what `/sys/devices/system/cpu` adds to it. */
export class CpuScraper implements Scraper {
  readonly #files: HostFiles
  readonly #clock = new CpuClock()
  /** A CPU keeps its place for as long as it is online. */
  #places = new Map<string, Place>()

  constructor(files: HostFiles) {
    this.#files = files
  }

  collect({ facts, problem }: Cycle): void {
    const { cpus } = this.#files.parse('/proc/stat', parseProcStat)
    const numbers = cpus.map(({ cpu }) => cpu)
    for (const reading of this.#clock.read(cpus)) recordReading(facts, reading)
    facts.record(cpuCount, {}, cpus.length)
    const parts: readonly (() => void)[] = [
      () => this.#recordCores(facts, numbers),
      () => this.#recordFrequencies(facts),
      () => this.#recordThrottles(facts, numbers),
      () => this.#recordIsolated(facts),
    ]
    for (const part of parts) {
      try {
        part()
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        problem(error)
      }
    }
  }

  #recordCores(facts: Cycle['facts'], cpus: readonly string[]): void {
    if (!facts.wants(coreCount)) return
    const siblings = new Set<string>()
    for (const cpu of cpus) {
      const topology = `${cpuFolder}/cpu${cpu}/topology`
      // The second is the older name of the first.
      const list =
        this.#files.attribute(`${topology}/core_cpus_list`) ??
        this.#files.attribute(`${topology}/thread_siblings_list`)
      if (list !== undefined) siblings.add(list)
    }
    if (siblings.size > 0) facts.record(coreCount, {}, siblings.size)
  }

  #recordFrequencies(facts: Cycle['facts']): void {
    if (!facts.wants(cpuFrequency)) return
    for (const { cpu, megahertz } of this.#files.parse('/proc/cpuinfo', parseCpuinfo).frequencies)
      facts.record(cpuFrequency, { cpu }, Math.round(megahertz * 1e6))
  }

  /** Each core and each package counts its throttles once, but shows them at each of its logical CPUs. */
  #recordThrottles(facts: Cycle['facts'], cpus: readonly string[]): void {
    if (!facts.wants(coreThrottles) && !facts.wants(packageThrottles)) return
    // Only Intel's have the folder; a look at one CPU spares hundreds of vain ones on the others.
    if (this.#files.list(`${cpuFolder}/cpu${cpus[0]}/thermal_throttle`).length === 0) return
    const seenCores = new Set<string>()
    const seenPackages = new Set<string>()
    const places = new Map<string, Place>()
    for (const cpu of cpus) {
      const place = this.#places.get(cpu) ?? this.#placeOf(cpu)
      if (place === undefined) continue
      places.set(cpu, place)
      const core = `${place.package}/${place.core}`
      if (!seenCores.has(core)) {
        const count = this.#throttles(cpu, 'core')
        if (count !== undefined) {
          seenCores.add(core)
          facts.record(coreThrottles, { package: place.package, core: place.core }, count)
        }
      }
      if (!seenPackages.has(place.package)) {
        const count = this.#throttles(cpu, 'package')
        if (count !== undefined) {
          seenPackages.add(place.package)
          facts.record(packageThrottles, { package: place.package }, count)
        }
      }
    }
    this.#places = places
  }

  #placeOf(cpu: string): Place | undefined {
    const topology = `${cpuFolder}/cpu${cpu}/topology`
    const inPackage = this.#files.attribute(`${topology}/physical_package_id`)
    const core = this.#files.attribute(`${topology}/core_id`)
    return inPackage === undefined || core === undefined ? undefined : { package: inPackage, core }
  }

  #throttles(cpu: string, of: 'core' | 'package'): number | undefined {
    const file = `${cpuFolder}/cpu${cpu}/thermal_throttle/${of}_throttle_count`
    return this.#files.parseAttribute(file, (text) => amountOf(text, 1))
  }

  #recordIsolated(facts: Cycle['facts']): void {
    if (!facts.wants(cpuIsolated)) return
    for (const cpu of this.#files.parseAttribute(`${cpuFolder}/isolated`, cpuListOf) ?? [])
      facts.record(cpuIsolated, { cpu }, 1)
  }
}

function recordReading(facts: Cycle['facts'], reading: CpuReading): void {
  const { cpu, whole, apart, guest, wholeShares, apartShares } = reading
  for (const mode of wholeModes) {
    facts.record(cpuTime, { cpu, mode }, whole[mode])
    if (wholeShares !== undefined) facts.record(cpuShare, { cpu, mode }, wholeShares[mode])
  }
  for (const mode of ['user', 'nice'] as const) facts.record(cpuGuestTime, { cpu, mode }, guest[mode])
  for (const mode of apartModes) {
    facts.record(cpuTimeApart, { cpu, mode }, apart[mode])
    if (apartShares !== undefined) facts.record(cpuShareApart, { cpu, mode }, apartShares[mode])
  }
}
