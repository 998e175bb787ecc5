import { parsePressure } from '#src/cgroup/stat-text.ts'
import type { Collector } from '../collector.ts'
import { pressure, pressureNames } from './names.ts'

const resources = ['cpu', 'memory', 'io'] as const

/** How long tasks waited for a resource. */
export const pressureCollector: Collector = {
  names: pressureNames,
  collect({ cgroup, level }, facts) {
    for (const resource of resources) {
      const read = cgroup.readUnified(`${resource}.pressure`, parsePressure)
      if (read === undefined) continue
      const { some, full } = read
      if (full !== undefined) facts.record(pressure, { level, resource, share: 'full' }, full / 1e6)
      if (some !== undefined) facts.record(pressure, { level, resource, share: 'some' }, some / 1e6)
    }
  },
}
