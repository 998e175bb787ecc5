/** The numbers of a row, in the units of the summary: nanoseconds, of pressure microseconds, bytes, counts, Unix milliseconds. */
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
  | 'cpuFull'
  | 'cpuSome'
  | 'memoryFull'
  | 'memorySome'
  | 'ioFull'
  | 'ioSome'
  | 'swapUsage'
  | 'swapAvailable'
  | 'swapLimit'
  | 'swapTotal'
  | 'swapFree'
  | 'tasks'
  | 'mostTasks'
  | 'start'
  | 'uptime'
  | 'rxBytes'
  | 'rxErrors'
  | 'txBytes'
  | 'txErrors'
  | 'fsUsed'
  | 'fsCapacity'
  | 'fsAvailable'
  | 'fsInodes'
  | 'fsInodesFree'
  | 'fsInodesUsed'

/** Times that were lost to waiting, in microseconds: of all tasks (full), or of some. */
export const pressureFields: ReadonlySet<Field> = new Set([
  'cpuFull',
  'cpuSome',
  'memoryFull',
  'memorySome',
  'ioFull',
  'ioSome',
])

/** What a row is about; `system` is a part of the node that is no pod, as the kubelet itself. */
export type RowKind = 'node' | 'system' | 'pod' | 'container'

/** Attributes of a series and of its resource, as text. */
export type Labels = (...names: readonly string[]) => string

/** How a metric feeds a field. */
export interface Feed {
  readonly field: Field
  /** From the unit of the metric to that of the field. */
  readonly factor?: number
  /** Which series of the metric count; all where absent. Those of one row and part are added up. */
  readonly where?: (labels: Labels) => boolean
  /** The network interface or the volume that a series is about. */
  readonly part?: (labels: Labels) => string
  /** Of several metrics for one field that with the smallest rank counts. */
  readonly rank: number
}
