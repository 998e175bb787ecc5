import { HostError } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { NetworkInterface } from '#src/host/net-dev.ts'
import { belongsTo, readHostNetwork, readPodNetwork } from '#src/containers/pod-network.ts'
import type { Facts } from '#src/naming/facts.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import type { Collector, Measured, Owners } from '../collector.ts'
import { namedStatistics, networkNames, networkTraffic } from './names.ts'

const onlyPrometheus: ReadonlySet<Vocabulary> = new Set<Vocabulary>(['prometheus'])
const allButPrometheus: ReadonlySet<Vocabulary> = new Set<Vocabulary>(['otel', 'semconv', 'vm'])

/**
 * The traffic of pods, of containers that are of no pod, and of the node. All containers of a pod share its network, so that
 * it is counted once. One that has the host's network has no traffic of its own, which would be the node's over and over.
 */
export const networkCollector: Collector = {
  names: networkNames,
  collect(measured, facts) {
    const { level, host, owners } = measured
    if (level === 'node') record(facts, level, readHostNetwork(host))
    else if (level === 'plain') record(facts, level, networkOf(measured, ownProcess(owners)))
    else if (level === 'pod')
      // The kubelet has these rows at the sandbox, where there is one.
      record(
        facts,
        level,
        networkOf(measured, podProcess(owners)),
        owners.pod?.sandboxPid === undefined ? undefined : allButPrometheus,
      )
    else if (level === 'sandbox' && owners.pod?.sandboxPid !== undefined)
      record(facts, level, networkOf(measured, ownProcess(owners)), onlyPrometheus)
  },
}

/** A process that a runtime named, and the ids of what it is of. */
interface NamedProcess {
  readonly pid: number | undefined
  readonly ids: readonly string[]
}

function ownProcess({ container }: Owners): NamedProcess {
  return { pid: container?.pid, ids: [container?.id ?? ''] }
}

function podProcess({ pod }: Owners): NamedProcess {
  return { pid: pod?.sandboxPid, ids: [pod?.podUid ?? '', pod?.sandboxId ?? ''] }
}

/** By the process that a runtime named, while it is still that one, else by one of the cgroup. */
function networkOf(
  { host, processes }: Measured,
  { pid: named, ids }: NamedProcess,
): readonly NetworkInterface[] | undefined {
  const found = named === undefined ? undefined : tryNetwork(host, named, ids)
  if (found !== undefined) return found === 'host' ? undefined : found
  for (const pid of processes()) {
    const network = tryNetwork(host, pid)
    if (network !== undefined) return network === 'host' ? undefined : network
  }
  return undefined
}

/** A process that ends while it is looked at is none. */
function tryNetwork(
  host: HostFiles,
  pid: number,
  ids?: readonly string[],
): ReturnType<typeof readPodNetwork> {
  try {
    return ids === undefined || belongsTo(host, pid, ids) ? readPodNetwork(host, pid) : undefined
  } catch (error) {
    // Of a process that just ended the kernel says EINVAL or ESRCH.
    if (error instanceof HostError && error.reason !== 'malformed') return undefined
    throw error
  }
}

function record(
  facts: Facts,
  level: string,
  interfaces: readonly NetworkInterface[] | undefined,
  only?: ReadonlySet<Vocabulary>,
): void {
  for (const { name, statistics } of interfaces ?? []) {
    for (const { direction, statistic, value } of statistics) {
      if (namedStatistics.has(statistic))
        facts.record(networkTraffic, { level, interface: name, direction, statistic }, value, only)
    }
  }
}
