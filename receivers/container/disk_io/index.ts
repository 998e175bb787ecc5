import { readIo, type DeviceStatistics, type IoQuantity } from '#src/cgroup/io-statistics.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import type { Collector } from '../collector.ts'
import type { Level } from '../level.ts'
import {
  ioBytes,
  ioCost,
  ioDeviceBytes,
  ioMerged,
  ioNames,
  ioOperations,
  ioQueued,
  ioServiceTime,
} from './names.ts'

const directed: readonly (readonly [
  quantity: IoQuantity,
  definition: MetricDefinition<'level' | 'device' | 'direction'>,
  direction: 'read' | 'write' | 'total',
  nanoseconds?: true,
])[] = [
  ['readBytes', ioBytes, 'read'],
  ['writeBytes', ioBytes, 'write'],
  ['reads', ioOperations, 'read'],
  ['writes', ioOperations, 'write'],
  ['readsMerged', ioMerged, 'read'],
  ['writesMerged', ioMerged, 'write'],
  ['readTime', ioServiceTime, 'read', true],
  ['writeTime', ioServiceTime, 'write', true],
  ['ioTime', ioServiceTime, 'total', true],
]

const costs: readonly (readonly [quantity: IoQuantity, cost: string])[] = [
  ['costUsage', 'usage'],
  ['costWait', 'wait'],
  ['costIndebt', 'indebt'],
  ['costIndelay', 'indelay'],
]

/** Bytes and operations of block devices. */
export const diskIoCollector: Collector = {
  names: ioNames,
  collect({ cgroup, level, host }, facts) {
    for (const statistics of readIo(cgroup))
      record(facts, { level, statistics, device: deviceOf(host, statistics.device) })
  },
}

function record(
  facts: Facts,
  { level, device, statistics }: { level: Level; device: string; statistics: DeviceStatistics },
): void {
  const { values, bytes } = statistics
  for (const [quantity, definition, direction, nanoseconds] of directed) {
    const value = values.get(quantity)
    if (value === undefined) continue
    const amount = nanoseconds === true ? Number(value) / 1e9 : value
    facts.record(definition, { level, device, direction }, amount)
  }
  for (const [quantity, cost] of costs) {
    const value = values.get(quantity)
    if (value !== undefined) facts.record(ioCost, { level, device, cost }, Number(value) / 1e9)
  }
  const queued = values.get('queued')
  if (queued !== undefined) facts.record(ioQueued, { level, device }, queued)
  const [major = '', minor = ''] = statistics.device.split(':')
  for (const [operation, value] of bytes)
    facts.record(ioDeviceBytes, { level, device, major, minor, operation }, value)
}

/** The names of devices by host, as `/dev/sda`: a device keeps its number while it is there. */
const names = new WeakMap<HostFiles, Map<string, string>>()

/** More devices than a host has; those beyond it are looked up each time. */
const mostNames = 4096

function deviceOf(host: HostFiles, device: string): string {
  let known = names.get(host)
  if (known === undefined) names.set(host, (known = new Map()))
  const name = known.get(device) ?? readName(host, device)
  if (known.size < mostNames && name !== '') known.set(device, name)
  return name
}

/** Where `/sys` does not tell, the label is empty, as cAdvisor's. */
function readName(host: HostFiles, device: string): string {
  const target = host.link(`/sys/dev/block/${device}`)
  return target === undefined ? '' : `/dev/${target.slice(target.lastIndexOf('/') + 1)}`
}
