import type { FoundCgroup } from '#src/cgroup/cgroup-tree.ts'
import type { ContainerIdentity, PodIdentity } from '#src/containers/container-identity.ts'
import type { AttributeList } from '#src/model/attribute-set.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import type { Subject } from '#src/naming/facts.ts'
import type { Level } from './level.ts'

/** The scopes in which the Collector's receivers emit. */
const collectorScopes = 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/'

/** The version of the semantic conventions that the tables of names follow. */
const semconvSchema = 'https://opentelemetry.io/schemas/1.44.0'

/** A cgroup, and what is known of whose it is. */
export interface Named {
  readonly found: FoundCgroup
  readonly level: Level
  readonly container: ContainerIdentity | undefined
  readonly pod: PodIdentity | undefined
  readonly node: string
}

/** Which labels and which resource the series of a cgroup bear in each vocabulary. */
export function subjectOf(named: Named): Subject {
  const receiver = named.level === 'plain' ? 'dockerstatsreceiver' : 'kubeletstatsreceiver'
  return {
    constants: { prometheus: prometheusLabels(named), vm: vmLabels(named) },
    scopes: {
      otel: scopeOf(collectorAttributes(named), { name: collectorScopes + receiver }),
      semconv: scopeOf(semconvAttributes(named), { name: 'weir/container', schemaUrl: semconvSchema }),
    },
  }
}

/** All six labels are always there, as the kubelet has them; empty where they do not apply or nobody knows. */
function prometheusLabels({ found, container, pod }: Named): AttributeList {
  const { image = '', name = found.containerId } = container ?? {}
  return Object.entries({
    container: container?.container ?? '',
    id: found.path,
    image: image,
    name: name,
    namespace: container?.namespace ?? pod?.namespace ?? '',
    pod: container?.pod ?? pod?.pod ?? '',
  }).flat()
}

function vmLabels({ found, container, pod, node }: Named): AttributeList {
  return Object.entries({
    container: container?.container ?? '',
    container_id: found.containerId,
    namespace: container?.namespace ?? pod?.namespace ?? '',
    node: node,
    pod: container?.pod ?? pod?.pod ?? '',
  }).flat()
}

function collectorAttributes(named: Named): Attributes {
  const { found, level, container, node } = named
  if (level === 'node') return { 'k8s.node.name': node }
  if (level !== 'plain') return podAttributes(named)
  return {
    'container.id': found.containerId,
    'container.name': container?.name,
    'container.image.name': container?.image,
    'container.runtime': container?.runtime,
  }
}

function semconvAttributes(named: Named): Attributes {
  const { container, level, node } = named
  if (level === 'node') return { 'k8s.node.name': node }
  return {
    ...podAttributes(named),
    'container.name': level === 'plain' ? container?.name : undefined,
    'container.image.name': container?.image,
    'container.runtime.name': container?.runtime,
    'k8s.node.name': node,
  }
}

/** The id tells a container from the one before it of the same name. */
function podAttributes({ found, container, pod }: Named): Attributes {
  return {
    'k8s.pod.uid': found.podUid,
    'k8s.pod.name': container?.pod ?? pod?.pod,
    'k8s.namespace.name': container?.namespace ?? pod?.namespace,
    'k8s.container.name': container?.container,
    'container.id': found.containerId,
  }
}

type Attributes = Readonly<Record<string, string | undefined>>

/** What nobody knows is no attribute. */
function scopeOf(attributes: Attributes, options: { name: string; schemaUrl?: string }): Scope {
  const known = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== '')
  return makeScope(makeResource(known.flat() as string[]), options)
}
