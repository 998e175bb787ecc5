import { attributeText } from '#src/attributes/attribute-text.ts'
import type { Series } from '#src/model/series.ts'
import type { Labels, RowKind } from './field.ts'
import type { MetricFeeds } from './feeds.ts'

/** The row that a series is about. */
export interface Subject {
  readonly kind: RowKind
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Empty where the series does not say. */
  readonly uid: string
  /** What tells a container from its successor of the same name; empty where the series does not say, and for pods and nodes. */
  readonly instance: string
  readonly image: string
}

/** Why a series is about no row. */
export type NoSubject = 'no_row' | 'other_node'

/** Reads the attributes of a series, then those of its resource: the first of several names that says something. */
export function labelsOf({ attributes, resource }: Series): Labels {
  return function label(...names) {
    for (const name of names) {
      const value = attributes.get(name) ?? resource.attributes.get(name)
      if (value !== undefined && value !== '') return attributeText(value)
    }
    return ''
  }
}

/** Uids in the paths of pods' cgroups: those of systemd have underscores for hyphens. */
const podInPath = /[/-]pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12}|[0-9a-f]{32})/

/** The cgroups that a kubelet tells of as parts of the node, by the end of their path. */
const systemCgroups: readonly (readonly [path: RegExp, name: string])[] = [
  [/^(?:\/kubelet)?\/kubepods$|^(?:\/kubelet\.slice)?\/(?:kubelet-)?kubepods\.slice$/, 'pods'],
  [/^\/system\.slice\/kubelet\.service$/, 'kubelet'],
  [/^\/system\.slice\/(?:containerd|crio|cri-docker|docker)\.service$/, 'runtime'],
]

const node: Subject = {
  kind: 'node',
  namespace: '',
  pod: '',
  container: '',
  uid: '',
  instance: '',
  image: '',
}

/** What row a series is about, on the node of this name. */
export function subjectOf(labels: Labels, { row }: MetricFeeds, nodeName: string): Subject | NoSubject {
  const named = labels('k8s.node.name', 'node')
  if (named !== '' && named !== nodeName) return 'other_node'
  if (row === 'node') return node
  const pod = labels('k8s.pod.name', 'pod', 'pod_name')
  const namespace = labels('k8s.namespace.name', 'namespace')
  const container = labels('k8s.container.name', 'container', 'container_name')
  const id = labels('container.id', 'id', 'container_id')
  if (row === 'system') return container === '' ? 'no_row' : { ...node, kind: 'system', container }
  if (row === 'labelled' && pod === '' && container === '') return partOfNode(id)
  if (pod === '' || namespace === '') return 'no_row'
  const uid = labels('k8s.pod.uid') || (podInPath.exec(id)?.[1]?.replaceAll('_', '-') ?? '')
  // The sandbox, as older cAdvisors show it, is where the pod's network is.
  const isPod = row === 'pod' || (row === 'labelled' && (container === '' || container === 'POD'))
  if (isPod) return { ...node, kind: 'pod', namespace, pod, uid }
  if (container === '') return 'no_row'
  const image = labels('container.image.name', 'image')
  return { kind: 'container', namespace, pod, container, uid, instance: id, image }
}

function partOfNode(path: string): Subject | NoSubject {
  if (path === '/') return node
  const [, container] = systemCgroups.find(([pattern]) => pattern.test(path)) ?? []
  return container === undefined ? 'no_row' : { ...node, kind: 'system', container }
}
