import { containerStates, type ContainerIdentity } from '#src/containers/container-identity.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { Collector } from '../collector.ts'
import type { Level } from '../level.ts'
import {
  containerState,
  creationTime,
  lastExit,
  lastSeen,
  restarts,
  startTime,
  stateNames,
  uptime,
} from './names.ts'

/** Where containers are in their life: since when they run, how often they were started again, how they ended. */
export const stateCollector: Collector = {
  names: stateNames,
  collect({ level, owners, now, startTime: madeAt }, facts) {
    const { container } = owners
    const startedAt = container?.startedAt ?? madeAt
    facts.record(lastSeen, { level }, Math.floor(now / 1000))
    if (startedAt !== undefined) {
      // As the kubelet, which cuts fractions off.
      facts.record(startTime, { level }, Math.floor(startedAt / 1000))
      facts.record(uptime, { level }, Math.max(0, now - startedAt) / 1000)
    }
    const createdAt = container?.createdAt ?? madeAt
    if (createdAt !== undefined) facts.record(creationTime, { level }, Math.floor(createdAt / 1000))
    if (container !== undefined) recordLife(container, level, facts)
  },
}

/** What a runtime tells of a container's life, also where it has no cgroup any more. */
export function recordLife(
  { state, restarts: count, exitCode, exitReason }: ContainerIdentity,
  level: Level,
  facts: Facts,
): void {
  if (count !== undefined) facts.record(restarts, { level }, count)
  if (state !== 'unknown') {
    for (const each of containerStates)
      facts.record(containerState, { level, state: each }, each === state ? 1 : 0)
  }
  if (exitCode !== undefined) facts.record(lastExit, { level, reason: exitReason }, exitCode)
}
