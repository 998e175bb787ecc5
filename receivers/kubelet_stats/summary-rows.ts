import type { PodStats, Summary } from '#src/kubelet/summary.ts'
import type { Amounts } from './allotment.ts'
import type { PodDetails } from './pod-details.ts'
import type { Rows } from './rows.ts'
import {
  containerSubject,
  nodeSubject,
  podSubject,
  systemSubject,
  volumeSubject,
  type Origin,
} from './subject.ts'
import type { Row } from './tracked-rows.ts'

/** The groups of rows that can be left out, in the Collector's names. */
export const metricGroups = ['container', 'pod', 'node', 'volume'] as const

/** What rows are made of beside the summary. */
export interface About {
  readonly origin: Origin
  readonly details: PodDetails
  /** What the node has, where it is known. */
  readonly capacity: Amounts
  readonly groups: ReadonlySet<(typeof metricGroups)[number]>
}

/** The rows of a summary. */
export function* rowsOf({ node, pods }: Summary, rows: Rows, about: About): Generator<Row> {
  const { origin, groups } = about
  if (groups.has('node')) {
    const made = origin.node
    yield {
      key: 'node',
      made,
      subject: () => nodeSubject(origin),
      since: node.startTime,
      write: () => rows.node(node),
    }
    for (const system of node.systemContainers ?? []) {
      yield {
        key: `node/${system.name}`,
        made,
        subject: () => systemSubject(origin, system),
        since: system.startTime,
        write: () => rows.systemContainer(system),
      }
    }
  }
  for (const pod of pods) yield* rowsOfPod(pod, rows, about)
}

function* rowsOfPod(pod: PodStats, rows: Rows, about: About): Generator<Row> {
  const { origin, details, groups, capacity: node } = about
  const { podRef, startTime: since } = pod
  const { namespace, name, uid } = podRef
  const key = `pod/${namespace}/${name}/${uid}`
  if (groups.has('pod')) {
    yield {
      key,
      made: origin.node,
      subject: () => podSubject(origin, podRef),
      since,
      write: () => rows.pod(pod, { ...details.allotment(uid), node }),
    }
  }
  for (const container of groups.has('container') ? pod.containers : []) {
    const more = details.container(uid, container.name)
    yield {
      key: `${key}/container/${container.name}`,
      made: `${origin.node}\n${more.containerId ?? ''}`,
      subject: () => containerSubject(origin, podRef, container, more),
      since: container.startTime,
      write: () => rows.container(container, { ...details.allotment(uid, container.name), node }),
    }
  }
  for (const volume of groups.has('volume') ? (pod.volume ?? []) : []) {
    const { name: volumeName = '' } = volume
    const more = details.volume(uid, volumeName)
    yield {
      key: `${key}/volume/${volumeName}`,
      made: `${origin.node}\n${JSON.stringify([volume.pvcRef, more.volume])}`,
      subject: () => volumeSubject(origin, podRef, volume, more),
      since,
      write: () => rows.volume(volume),
    }
  }
}
