import type { CgroupFiles } from './cgroup-files.ts'
import { parseBlkio, parseIoStat, type BlkioValue } from './stat-text.ts'

type Count = number | bigint

/** What one block device did for a cgroup since that was made. */
export interface DeviceStatistics {
  /** `MAJOR:MINOR`. */
  readonly device: string
  readonly values: ReadonlyMap<IoQuantity, Count>
  /** Bytes by operation, as the kernel names them: in version 1 also Sync, Async, Discard and Total. */
  readonly bytes: ReadonlyMap<string, Count>
}

/** Times are nanoseconds; `cost` is what the I/O cost controller of version 2 charges. */
export type IoQuantity =
  | 'readBytes'
  | 'writeBytes'
  | 'reads'
  | 'writes'
  | 'readsMerged'
  | 'writesMerged'
  | 'readTime'
  | 'writeTime'
  | 'ioTime'
  | 'queued'
  | 'costUsage'
  | 'costWait'
  | 'costIndebt'
  | 'costIndelay'

/** Keys of `io.stat`. Costs are microseconds. */
const unifiedKeys: readonly (readonly [key: string, quantity: IoQuantity])[] = [
  ['rbytes', 'readBytes'],
  ['wbytes', 'writeBytes'],
  ['rios', 'reads'],
  ['wios', 'writes'],
  ['cost.usage', 'costUsage'],
  ['cost.wait', 'costWait'],
  ['cost.indebt', 'costIndebt'],
  ['cost.indelay', 'costIndelay'],
]

/** A file of `blkio` and what its operations are. */
type Files = readonly (readonly [name: string, operations: Readonly<Record<string, IoQuantity>>])[]

const bytes = { Read: 'readBytes', Write: 'writeBytes' } as const
const operations = { Read: 'reads', Write: 'writes' } as const

/**
 * The files of `blkio` by the scheduler that fills them, the most telling first. The one that a device does not use
 * is there all the same, and empty, so the first that says anything is taken.
 */
const groups: readonly Files[] = [
  [
    ['blkio.bfq.io_service_bytes_recursive', bytes],
    ['blkio.bfq.io_serviced_recursive', operations],
    ['blkio.bfq.io_service_time_recursive', { Read: 'readTime', Write: 'writeTime', Total: 'ioTime' }],
    ['blkio.bfq.io_merged_recursive', { Read: 'readsMerged', Write: 'writesMerged' }],
    ['blkio.bfq.io_queued_recursive', { Total: 'queued' }],
  ],
  [
    ['blkio.io_service_bytes_recursive', bytes],
    ['blkio.io_serviced_recursive', operations],
    ['blkio.io_service_time_recursive', { Read: 'readTime', Write: 'writeTime', Total: 'ioTime' }],
    ['blkio.io_merged_recursive', { Read: 'readsMerged', Write: 'writesMerged' }],
    ['blkio.io_queued_recursive', { Total: 'queued' }],
  ],
  [
    ['blkio.throttle.io_service_bytes_recursive', bytes],
    ['blkio.throttle.io_serviced_recursive', operations],
  ],
  [
    ['blkio.throttle.io_service_bytes', bytes],
    ['blkio.throttle.io_serviced', operations],
  ],
]

/** Reads `io.stat`, or the files of `blkio` of version 1. */
export function readIo(cgroup: CgroupFiles): DeviceStatistics[] {
  return cgroup.version('blkio') === 2 ? unifiedIo(cgroup) : firstIo(cgroup)
}

function unifiedIo(cgroup: CgroupFiles): DeviceStatistics[] {
  const devices = cgroup.read('blkio', 'io.stat', parseIoStat) ?? new Map<string, never>()
  return [...devices].map(([device, stat]: [string, ReadonlyMap<string, Count>]) => {
    const values = new Map<IoQuantity, Count>()
    for (const [key, quantity] of unifiedKeys) {
      const value = stat.get(key)
      if (value !== undefined) values.set(quantity, key.startsWith('cost.') ? Number(value) * 1000 : value)
    }
    const moved = [
      ['Read', stat.get('rbytes')],
      ['Write', stat.get('wbytes')],
    ] as const
    return {
      device,
      values,
      bytes: new Map(moved.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    }
  })
}

function firstIo(cgroup: CgroupFiles): DeviceStatistics[] {
  for (const files of groups) {
    const [first] = files
    const moved = first === undefined ? undefined : cgroup.read('blkio', first[0], parseBlkio)
    if (moved !== undefined && moved.length > 0) return gathered(cgroup, files, moved)
  }
  return []
}

interface Gathered extends DeviceStatistics {
  readonly values: Map<IoQuantity, Count>
  readonly bytes: Map<string, Count>
}

function gathered(cgroup: CgroupFiles, files: Files, moved: readonly BlkioValue[]): DeviceStatistics[] {
  const devices = new Map<string, Gathered>()
  const of = (device: string): Gathered => {
    let known = devices.get(device)
    if (known === undefined) devices.set(device, (known = { device, values: new Map(), bytes: new Map() }))
    return known
  }
  for (const { device, operation, value } of moved) of(device).bytes.set(operation, value)
  files.forEach(([name, quantities], index) => {
    const lines = index === 0 ? moved : (cgroup.read('blkio', name, parseBlkio) ?? [])
    for (const { device, operation, value } of lines) {
      const quantity = Object.hasOwn(quantities, operation) ? quantities[operation] : undefined
      if (quantity !== undefined) of(device).values.set(quantity, value)
    }
  })
  return [...devices.values()]
}
