import type { HostFiles } from '#src/host/host-files.ts'
import { parseMeminfo, type MemoryField } from '#src/host/meminfo.ts'
import { systemPageSize } from '#src/host/page-size.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Cycle, Scraper } from '../scraper.ts'
import {
  hugePageSize,
  hugePagesLimit,
  hugePagesReserved,
  hugePagesShare,
  hugePagesSurplus,
  hugePagesUsage,
  memoryAvailable,
  memoryDirty,
  memoryField,
  memoryLimit,
  memoryShare,
  memoryShared,
  memoryState,
  pageSize,
  slab,
} from './names.ts'

type Fields = ReadonlyMap<string, MemoryField>

/** Fields that are a fact as they are. */
const plain: readonly (readonly [field: string, definition: MetricDefinition<never>])[] = [
  ['MemTotal', memoryLimit],
  ['Dirty', memoryDirty],
  ['Shmem', memoryShared],
  ['HugePages_Total', hugePagesLimit],
  ['Hugepagesize', hugePageSize],
  ['HugePages_Rsvd', hugePagesReserved],
  ['HugePages_Surp', hugePagesSurplus],
]

/** Measures memory: `/proc/meminfo`. */
export class MemoryScraper implements Scraper {
  readonly #files: HostFiles

  constructor(files: HostFiles) {
    this.#files = files
  }

  collect({ facts }: Cycle): void {
    const fields = this.#files.parse('/proc/meminfo', parseMeminfo)
    for (const [key, { value, bytes }] of fields)
      facts.record(memoryField, { field: fieldName(key, bytes) }, value)
    recordStates(facts, fields)
    recordHugePages(facts, fields)
    for (const [field, definition] of plain) {
      const value = fields.get(field)?.value
      if (value !== undefined) facts.record(definition, {}, value)
    }
    if (!facts.wants(pageSize)) return
    const bytes = systemPageSize()
    if (bytes !== undefined) facts.record(pageSize, {}, bytes)
  }
}

/** `Active(anon)` is `Active_anon_bytes` for node_exporter. */
function fieldName(key: string, bytes: boolean): string {
  const name = key.replace(/\((.*)\)/, '_$1')
  return bytes ? `${name}_bytes` : name
}

/** What of memory is in which state; states whose fields this kernel lacks are absent. */
function recordStates(facts: Facts, fields: Fields): void {
  const total = fields.get('MemTotal')?.value
  const free = fields.get('MemFree')?.value
  const cached = fields.get('Cached')?.value
  const reclaimable = fields.get('SReclaimable')?.value
  const unreclaimable = fields.get('SUnreclaim')?.value
  const cache = cached === undefined ? undefined : cached + (reclaimable ?? 0)
  // MemAvailable came with Linux 3.14.
  const available = fields.get('MemAvailable')?.value ?? sum(free, cache)
  const states: Readonly<Record<string, number | undefined>> = {
    total,
    used: total === undefined || available === undefined ? undefined : Math.max(0, total - available),
    free,
    available,
    buffers: fields.get('Buffers')?.value,
    cached,
    cache,
    slab: fields.get('Slab')?.value,
    slab_reclaimable: reclaimable,
    slab_unreclaimable: unreclaimable,
    swap_total: fields.get('SwapTotal')?.value,
    swap_free: fields.get('SwapFree')?.value,
  }
  for (const [state, bytes] of Object.entries(states)) {
    if (bytes === undefined) continue
    facts.record(memoryState, { state }, bytes)
    if (total !== undefined && total > 0) facts.record(memoryShare, { state }, bytes / total)
  }
  if (reclaimable !== undefined) facts.record(slab, { state: 'reclaimable' }, reclaimable)
  if (unreclaimable !== undefined) facts.record(slab, { state: 'unreclaimable' }, unreclaimable)
  if (available !== undefined) facts.record(memoryAvailable, {}, available)
}

function recordHugePages(facts: Facts, fields: Fields): void {
  const total = fields.get('HugePages_Total')?.value
  const free = fields.get('HugePages_Free')?.value
  if (total === undefined || free === undefined) return
  for (const [state, pages] of [
    ['free', free],
    ['used', total - free],
  ] as const) {
    facts.record(hugePagesUsage, { state }, pages)
    if (total > 0) facts.record(hugePagesShare, { state }, pages / total)
  }
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined || second === undefined ? undefined : first + second
}
