import { MalformedText } from './host-error.ts'
import { counterOf, fieldsOf, linesOf } from './kernel-text.ts'

/** The columns of `/proc/diskstats` after the name (Documentation/admin-guide/iostats.rst). Times are milliseconds. */
const columns = [
  'reads',
  'readsMerged',
  'sectorsRead',
  'readTime',
  'writes',
  'writesMerged',
  'sectorsWritten',
  'writeTime',
  'inProgress',
  'ioTime',
  'weightedIoTime',
  'discards',
  'discardsMerged',
  'sectorsDiscarded',
  'discardTime',
  'flushes',
  'flushTime',
] as const

export type DiskColumn = (typeof columns)[number]

/** Columns that are there since 2.6: reads, writes and times. Discards came with 4.18, flushes with 5.5. */
const leastColumns = 11

/** The unit of sectors in the kernel's statistics, whatever the disk's own. */
export const sectorBytes = 512

/** One block device. */
export interface DiskStatistics {
  readonly major: string
  readonly minor: string
  readonly device: string
  /** Columns that this kernel does not have are absent. */
  readonly values: ReadonlyMap<DiskColumn, number | bigint>
}

/** What kernels before 2.6.25 write for partitions: reads, sectors read, writes, sectors written. */
const oldPartitionColumns = 4

/** Parses `/proc/diskstats`. Partitions of old kernels are left out. */
export function parseDiskstats(text: string): DiskStatistics[] {
  return linesOf(text).flatMap((line, index) => {
    const [major = '', minor = '', device = '', ...fields] = fieldsOf(line)
    if (fields.length === oldPartitionColumns) return []
    if (fields.length < leastColumns)
      throw new MalformedText(
        index + 1,
        `${leastColumns} columns are expected after the name, not ${fields.length}`,
      )
    const values = new Map<DiskColumn, number | bigint>()
    columns.slice(0, fields.length).forEach((name, column) => {
      values.set(name, counterOf(fields[column], index + 1))
    })
    return [{ major, minor, device, values }]
  })
}
