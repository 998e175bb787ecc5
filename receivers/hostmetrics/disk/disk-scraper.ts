import type { TextMatcher } from '#src/config/matcher.ts'
import { parseDiskstats, sectorBytes, type DiskColumn, type DiskStatistics } from '#src/host/diskstats.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import { times } from '#src/host/kernel-text.ts'
import { parseUdevData } from '#src/host/udev-data.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import {
  diskAta,
  diskDiscards,
  diskDiscardsMerged,
  diskDiscardTime,
  diskFilesystemInfo,
  diskFlushes,
  diskFlushTime,
  diskInfo,
  diskIo,
  diskIoTime,
  diskMapperInfo,
  diskMerged,
  diskOperations,
  diskOperationTime,
  diskPending,
  diskSectorsDiscarded,
  diskWeightedIoTime,
} from './names.ts'

type Convert = (value: number | bigint) => number | bigint

const asIs: Convert = (value) => value
const bytes: Convert = (sectors) => times(sectors, sectorBytes)
const seconds: Convert = (milliseconds) => Number(milliseconds) / 1000

/** Columns that exist for reads and for writes. */
const directed: readonly (readonly [
  column: DiskColumn,
  definition: MetricDefinition<'device' | 'direction'>,
  direction: 'read' | 'write',
  convert: Convert,
])[] = [
  ['sectorsRead', diskIo, 'read', bytes],
  ['sectorsWritten', diskIo, 'write', bytes],
  ['reads', diskOperations, 'read', asIs],
  ['writes', diskOperations, 'write', asIs],
  ['readsMerged', diskMerged, 'read', asIs],
  ['writesMerged', diskMerged, 'write', asIs],
  ['readTime', diskOperationTime, 'read', seconds],
  ['writeTime', diskOperationTime, 'write', seconds],
]

/** Columns of a disk as a whole. */
const undirected: readonly (readonly [
  column: DiskColumn,
  definition: MetricDefinition<'device'>,
  convert: Convert,
])[] = [
  ['ioTime', diskIoTime, seconds],
  ['weightedIoTime', diskWeightedIoTime, seconds],
  ['inProgress', diskPending, asIs],
  ['discards', diskDiscards, asIs],
  ['discardsMerged', diskDiscardsMerged, asIs],
  ['sectorsDiscarded', diskSectorsDiscarded, asIs],
  ['discardTime', diskDiscardTime, seconds],
  ['flushes', diskFlushes, asIs],
  ['flushTime', diskFlushTime, seconds],
]

/** What node_exporter leaves out unless told otherwise: RAM disks, loop devices, floppies and partitions. */
const leftOutByNodeExporter = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/

/** The vocabularies in which such devices are measured all the same, as in the Collector. */
const withPartitions: ReadonlySet<Vocabulary> = new Set<Vocabulary>(['otel', 'semconv'])

const ataProperties = [
  'ID_ATA_WRITE_CACHE',
  'ID_ATA_WRITE_CACHE_ENABLED',
  'ID_ATA_ROTATION_RATE_RPM',
] as const

/** Which disks are measured. */
export interface DiskSelection {
  readonly selects: TextMatcher
  /** Whether the configuration selects at all: then it alone decides. */
  readonly selected: boolean
}

/** Measures disks: `/proc/diskstats`, and what udev knows of them. */
export class DiskScraper implements Scraper {
  readonly #files: HostFiles
  readonly #selection: DiskSelection

  constructor(files: HostFiles, selection: DiskSelection) {
    this.#files = files
    this.#selection = selection
  }

  collect({ facts }: Cycle): void {
    const { selects, selected } = this.#selection
    for (const disk of this.#files.parse('/proc/diskstats', parseDiskstats)) {
      if (!selects(disk.device)) continue
      const leftOut = !selected && leftOutByNodeExporter.test(disk.device)
      recordStatistics(facts, disk, leftOut ? withPartitions : undefined)
      if (!leftOut && facts.wants(diskInfo)) this.#recordProperties(facts, disk)
    }
  }

  #recordProperties(facts: Facts, { device, major, minor }: DiskStatistics): void {
    const properties = this.#files.parseAttribute(`/run/udev/data/b${major}:${minor}`, parseUdevData)
    const property = (name: string): string => properties?.get(name) ?? ''
    facts.record(
      diskInfo,
      {
        device,
        major,
        minor,
        path: property('ID_PATH'),
        wwn: property('ID_WWN'),
        model: property('ID_MODEL'),
        serial: property('ID_SERIAL_SHORT'),
        revision: property('ID_REVISION'),
      },
      1,
    )
    if (property('ID_FS_TYPE') !== '') {
      const type = property('ID_FS_TYPE')
      const usage = property('ID_FS_USAGE')
      const uuid = property('ID_FS_UUID')
      facts.record(diskFilesystemInfo, { device, type, usage, uuid, version: property('ID_FS_VERSION') }, 1)
    }
    if (property('DM_NAME') !== '') {
      const mapped = property('DM_NAME')
      const group = property('DM_VG_NAME')
      const volume = property('DM_LV_NAME')
      const layer = property('DM_LV_LAYER')
      facts.record(diskMapperInfo, { device, mapped, uuid: property('DM_UUID'), group, volume, layer }, 1)
    }
    if (property('ID_ATA') !== '') {
      for (const name of ataProperties) {
        const text = property(name)
        if (/^\d{1,15}$/.test(text)) facts.record(diskAta, { device, property: name }, Number(text))
      }
    }
  }
}

function recordStatistics(
  facts: Facts,
  { device, values }: DiskStatistics,
  only: ReadonlySet<Vocabulary> | undefined,
): void {
  for (const [column, definition, direction, convert] of directed) {
    const value = values.get(column)
    if (value !== undefined) facts.record(definition, { device, direction }, convert(value), only)
  }
  for (const [column, definition, convert] of undirected) {
    const value = values.get(column)
    if (value !== undefined) facts.record(definition, { device }, convert(value), only)
  }
}
