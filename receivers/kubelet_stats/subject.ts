import type { ContainerStats, PodReference, VolumeStats } from '#src/kubelet/summary.ts'
import type { AttributeList } from '#src/model/attribute-set.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import type { Subject } from '#src/naming/facts.ts'

/** The scope in which the Collector's receiver emits. */
const collectorScope =
  'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kubeletstatsreceiver'

/** The version of the semantic conventions that the tables of names follow. */
const semconvSchema = 'https://opentelemetry.io/schemas/1.44.0'

/** Where a summary came from. */
export interface Origin {
  readonly node: string
  /** Host and port of the kubelet. */
  readonly instance: string
}

/** What a pod's description tells beside the summary. */
export interface MoreAttributes {
  readonly containerId?: string | undefined
  /** The type of a volume and what it refers to, as attributes. */
  readonly volume?: Attributes | undefined
}

type Attributes = Readonly<Record<string, string | undefined>>

export function nodeSubject(origin: Origin): Subject {
  return subject(origin, {}, { 'k8s.node.name': origin.node })
}

/** A part of the node that is no pod. */
export function systemSubject(origin: Origin, { name }: ContainerStats): Subject {
  return subject(origin, {}, { 'k8s.node.name': origin.node, 'k8s.container.name': name })
}

export function podSubject(origin: Origin, pod: PodReference): Subject {
  return subject(origin, { namespace: pod.namespace, pod: pod.name }, podAttributes(pod))
}

export function containerSubject(
  origin: Origin,
  pod: PodReference,
  { name }: ContainerStats,
  { containerId }: MoreAttributes,
): Subject {
  return subject(
    origin,
    { container: name, namespace: pod.namespace, pod: pod.name },
    { ...podAttributes(pod), 'k8s.container.name': name, 'container.id': containerId },
  )
}

export function volumeSubject(
  origin: Origin,
  pod: PodReference,
  { name, pvcRef }: VolumeStats,
  { volume }: MoreAttributes,
): Subject {
  return subject(
    origin,
    { namespace: pvcRef?.namespace, persistentvolumeclaim: pvcRef?.name },
    { ...podAttributes(pod), 'k8s.volume.name': name, ...volume },
  )
}

function subject({ node, instance }: Origin, labels: Attributes, attributes: Attributes): Subject {
  const known = knownList(attributes)
  // As scraping names its targets, so that both ways fill the same dashboards.
  const target = { instance, job: 'kubelet', metrics_path: '/stats/summary', node }
  return {
    constants: {
      prometheus: knownList({ ...labels, ...target }),
      vm: knownList({ ...labels, node }),
    },
    scopes: {
      otel: scopeOf(known, { name: collectorScope }),
      semconv: scopeOf(known, { name: 'weir/kubelet_stats', schemaUrl: semconvSchema }),
    },
  }
}

function podAttributes({ uid, name, namespace }: PodReference): Attributes {
  return { 'k8s.pod.uid': uid, 'k8s.pod.name': name, 'k8s.namespace.name': namespace }
}

function scopeOf(attributes: AttributeList, options: { name: string; schemaUrl?: string }): Scope {
  return makeScope(makeResource(attributes), options)
}

/** What nobody knows is no attribute. */
function knownList(attributes: Attributes): string[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [key, value],
  )
}
