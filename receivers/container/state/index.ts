import { containerStates } from '#src/containers/container-identity.ts'
import type { Collector } from '../collector.ts'
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
    if (container === undefined) return
    if (container.restarts !== undefined) facts.record(restarts, { level }, container.restarts)
    if (container.state !== 'unknown') {
      for (const state of containerStates)
        facts.record(containerState, { level, state }, state === container.state ? 1 : 0)
    }
    if (container.exitCode !== undefined)
      facts.record(lastExit, { level, reason: container.exitReason }, container.exitCode)
  },
}
