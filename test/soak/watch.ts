import { valueOf } from '../own-metrics.ts'

/** What the process said of itself at one moment. */
export interface Reading {
  /** Milliseconds since its start. */
  readonly at: number
  readonly residentBytes: number
  /** What JavaScript objects take, garbage included. */
  readonly heapBytes: number
  /** Buffers and other memory outside the heap. */
  readonly externalBytes: number
  readonly openFiles: number
  readonly delayP99Seconds: number
  /** Of each exporter: 0, or points are lost without a trace. */
  readonly imbalances: readonly number[]
}

/** Reads what the soak watches out of own metrics. */
export function readingOf(metrics: string, at: number): Reading {
  return {
    at,
    residentBytes: valueOf(metrics, 'weir_process_resident_memory_bytes'),
    heapBytes: valueOf(metrics, 'weir_process_heap_used_bytes'),
    externalBytes: valueOf(metrics, 'weir_process_external_memory_bytes'),
    openFiles: valueOf(metrics, 'weir_process_open_file_descriptors'),
    delayP99Seconds: valueOf(metrics, 'weir_process_event_loop_delay_seconds{statistic="p99"}'),
    imbalances: Array.from(
      metrics.matchAll(/^weir_exporter_imbalance_points\{[^}]*\} (\S+)$/gm),
      ([, value]) => Number(value),
    ),
  }
}

/** A part of memory, as one reading has it, in bytes. */
export type MemoryPart = (reading: Reading) => number

/** Bytes of a part of memory that come per hour, by least squares over the readings. */
export function bytesPerHour(readings: readonly Reading[], pick: MemoryPart): number {
  const mean = (of: MemoryPart): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length
  const time = mean(({ at }) => at)
  const bytes = mean(pick)
  const covariance = mean((reading) => (reading.at - time) * (pick(reading) - bytes))
  const variance = mean(({ at }) => (at - time) ** 2)
  return variance === 0 ? 0 : (covariance / variance) * 3_600_000
}

/**
 * The least of each of so many equal parts of the readings, oldest first. What is least comes after a collection of garbage:
 * where it rises from part to part, something is kept.
 */
export function lowsOf(readings: readonly Reading[], parts: number, pick: MemoryPart): number[] {
  const edge = (part: number): number => Math.floor((part * readings.length) / parts)
  return Array.from({ length: parts }, (_, part) => readings.slice(edge(part), edge(part + 1)))
    .filter((some) => some.length > 0)
    .map((some) => Math.min(...some.map(pick)))
}
