/** The numbers of a row, in the units of the summary: nanoseconds, bytes, counts, Unix milliseconds. */
export type Field =
  | 'cpu'
  | 'cpuRate'
  | 'workingSet'
  | 'memoryUsage'
  | 'rss'
  | 'memoryAvailable'
  | 'memoryLimit'
  | 'memoryTotal'
  | 'memoryFree'
  | 'inactiveFile'
  | 'pageFaults'
  | 'majorPageFaults'
  | 'swapUsage'
  | 'swapAvailable'
  | 'start'
  | 'uptime'
  | 'rxBytes'
  | 'rxErrors'
  | 'txBytes'
  | 'txErrors'
  | 'fsUsed'
  | 'fsCapacity'
  | 'fsAvailable'

/** What a row is about. */
export type RowKind = 'node' | 'pod' | 'container'

/** Attributes of a series and of its resource, as text. */
export type Labels = (...names: readonly string[]) => string

/** How a metric feeds a field. */
export interface Feed {
  readonly field: Field
  /** From the unit of the metric to that of the field. */
  readonly factor?: number
  /** Which series of the metric count; all where absent. Those of one row and part are added up. */
  readonly where?: (labels: Labels) => boolean
  /** The network interface that a series is about. */
  readonly part?: (labels: Labels) => string
  /** Of several metrics for one field that with the smallest rank counts. */
  readonly rank: number
}
