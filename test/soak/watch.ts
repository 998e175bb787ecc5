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

/** Bytes of memory that come per hour, by least squares over the readings. */
export function bytesPerHour(readings: readonly Reading[]): number {
  const mean = (pick: (reading: Reading) => number): number =>
    readings.reduce((sum, reading) => sum + pick(reading), 0) / readings.length
  const time = mean(({ at }) => at)
  const bytes = mean(({ residentBytes }) => residentBytes)
  const covariance = mean(({ at, residentBytes }) => (at - time) * (residentBytes - bytes))
  const variance = mean(({ at }) => (at - time) ** 2)
  return variance === 0 ? 0 : (covariance / variance) * 3_600_000
}
