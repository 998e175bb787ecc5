import { ticksPerSecond, type CpuMode, type CpuTicks } from '#src/host/proc-stat.ts'

/** The modes that make up the time of a CPU: guest time is in user and nice. */
export const wholeModes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

/** The same time with guests as a mode of their own. */
export const apartModes = [...wholeModes, 'guest'] as const

type Ticks = Readonly<Record<CpuMode, number>>

/** The time of one logical CPU at one moment. Seconds only grow; shares are undefined where there is no difference yet. */
export interface CpuReading {
  readonly cpu: string
  /** Seconds since boot, guests in user and nice. */
  readonly whole: Readonly<Record<(typeof wholeModes)[number], number>>
  /** Seconds since boot, guests apart. */
  readonly apart: Readonly<Record<(typeof apartModes)[number], number>>
  readonly guest: { readonly user: number; readonly nice: number }
  /** 0 to 1 since the reading before. */
  readonly wholeShares: Readonly<Record<(typeof wholeModes)[number], number>> | undefined
  readonly apartShares: Readonly<Record<(typeof apartModes)[number], number>> | undefined
}

/** Idle time that jumps back by more is that of a CPU that was taken out and put in again: it starts anew. */
const hotplugTicks = 3 * ticksPerSecond

interface Remembered {
  readonly raw: Ticks
  /** The highest value of each mode so far. */
  readonly highest: Ticks
  readonly apart: Readonly<Record<string, number>>
}

/**
 * Follows `/proc/stat`. The kernel's counters of one CPU are not read at one instant, and idle and iowait are estimates,
 * so that a value may be a little lower than the one before: a counter would seem to have been reset. Each value
 * therefore stays where it was until the kernel's is past it, as in node_exporter.
 */
export class CpuClock {
  #remembered = new Map<string, Remembered>()

  /** The readings of the CPUs that are online; the others are forgotten. */
  read(cpus: readonly CpuTicks[]): CpuReading[] {
    const next = new Map<string, Remembered>()
    const readings = cpus.map(({ cpu, ticks }) => {
      const { reading, remembered } = follow(cpu, ticks, this.#remembered.get(cpu))
      next.set(cpu, remembered)
      return reading
    })
    this.#remembered = next
    return readings
  }
}

function follow(
  cpu: string,
  raw: Ticks,
  known: Remembered | undefined,
): { reading: CpuReading; remembered: Remembered } {
  const replugged = known !== undefined && known.highest.idle - raw.idle >= hotplugTicks
  const before = replugged ? undefined : known
  const highest =
    before === undefined ? raw : mapped(raw, (mode, ticks) => Math.max(ticks, before.highest[mode]))
  const apart = mapped(apartOf(highest), (mode, ticks) => Math.max(ticks, before?.apart[mode] ?? 0))
  const steps = before === undefined ? undefined : mapped(raw, (mode, ticks) => ticks - before.raw[mode])
  const forward = steps !== undefined && Object.values(steps).every((step) => step >= 0)
  return {
    remembered: { raw, highest, apart },
    reading: {
      cpu,
      whole: seconds(wholeOf(highest)),
      apart: seconds(apart),
      guest: { user: highest.guest / ticksPerSecond, nice: highest.guest_nice / ticksPerSecond },
      wholeShares: forward ? shares(wholeOf(steps)) : undefined,
      apartShares: forward ? shares(apartOf(steps)) : undefined,
    },
  }
}

function wholeOf(ticks: Ticks): CpuReading['whole'] {
  const { guest: _, guest_nice: __, ...whole } = ticks
  return whole
}

function apartOf(ticks: Ticks): CpuReading['apart'] {
  const { guest, guest_nice: guestNice, ...whole } = ticks
  // The kernel adds to user first, so guest is the smaller one but for a tick between two reads.
  return {
    ...whole,
    user: Math.max(0, ticks.user - guest),
    nice: Math.max(0, ticks.nice - guestNice),
    guest: guest + guestNice,
  }
}

function seconds<Modes extends string>(ticks: Readonly<Record<Modes, number>>): Record<Modes, number> {
  return mapped(ticks, (_, value) => value / ticksPerSecond)
}

/** Parts of the whole; undefined where no time has passed. */
function shares<Modes extends string>(
  steps: Readonly<Record<Modes, number>>,
): Record<Modes, number> | undefined {
  let total = 0
  for (const mode in steps) total += steps[mode]
  return total > 0 ? mapped(steps, (_, step) => step / total) : undefined
}

function mapped<Key extends string>(
  record: Readonly<Record<Key, number>>,
  map: (key: Key, value: number) => number,
): Record<Key, number> {
  const result: Partial<Record<Key, number>> = {}
  for (const key in record) result[key] = map(key, record[key])
  return result as Record<Key, number>
}
