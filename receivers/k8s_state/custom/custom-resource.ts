import { makeAll, mapItems } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { compareBytewise } from '#src/model/attribute-set.ts'
import type { MetricDefinition } from '#src/naming/metric.ts'
import { stateResource, type StateFamily, type StateResource } from '../state-resource.ts'
import type { ServedKind } from './definitions.ts'
import type { CustomMetricOptions, CustomResourceOptions } from './options.ts'
import { addPathLabels, compilePathLabels, type Labels, type PathLabels } from './path-labels.ts'
import { compileSamples, type ReadSamples } from './samples.ts'

/** A value that cannot be told. */
export interface Unreadable {
  readonly metric: string
  readonly object: KubernetesObject
  readonly problem: string
  /** Whether people should know of it. */
  readonly matters: boolean
}

/** Custom resources of which the same is told. */
export interface CustomResource {
  readonly group: string
  /** `*` is all that are served. */
  readonly version: string
  /** `*` is all of the group. */
  readonly kind: string
  /** The plural, where it is configured. */
  readonly plural: string | undefined
  readonly metrics: readonly CustomMetric[]
}

interface CustomMetric {
  readonly name: string
  readonly help: string
  readonly commonLabels: Readonly<Record<string, string>>
  /** Those of the metric alone, which win over what the resource says of itself. */
  readonly ownLabels: Readonly<Record<string, string>>
  readonly pathLabels: PathLabels
  readonly samples: ReadSamples
  readonly matters: boolean
}

/**
 * Compiles what is told of custom resources.
 *
 * @throws {ConfigError} with all mistakes
 */
export function compileCustomResources(resources: readonly CustomResourceOptions[]): CustomResource[] {
  return mapItems(resources, (resource, index) =>
    located([index], () => {
      const { groupVersionKind, metrics, resourcePlural, labelsFromPath } = resource
      const { group, version, kind } = groupVersionKind
      // Each metric has them, where a mistake would not be in its place.
      located(['labelsFromPath'], () => compilePathLabels(labelsFromPath))
      return {
        group,
        version: version === '' ? '*' : version,
        kind: kind === '' ? '*' : kind,
        plural: resourcePlural === '' ? undefined : resourcePlural,
        metrics: located(['metrics'], () =>
          mapItems(metrics, (metric, position) => located([position], () => compileMetric(metric, resource))),
        ),
      }
    }),
  )
}

function compileMetric(metric: CustomMetricOptions, resource: CustomResourceOptions): CustomMetric {
  const { name, help, each, labelsFromPath, commonLabels, errorLogV } = metric
  const { metricNamePrefix: prefix } = resource
  const [samples, pathLabels] = makeAll(
    () => located(['each'], () => compileSamples(each)),
    () =>
      located(['labelsFromPath'], () => compilePathLabels({ ...resource.labelsFromPath, ...labelsFromPath })),
  )
  return {
    name: prefix === '' ? name : `${prefix}_${name}`,
    help,
    commonLabels: resource.commonLabels,
    ownLabels: commonLabels,
    pathLabels,
    samples,
    matters: (errorLogV === 0 ? resource.errorLogV : errorLogV) === 0,
  }
}

/** Whether a resource is about objects that are served. */
export function isAbout({ group, version, kind }: CustomResource, served: ServedKind): boolean {
  return (
    group === served.group &&
    (version === '*' || version === served.version) &&
    (kind === '*' || kind === served.kind)
  )
}

/** What is told of objects that are served, by all that is about them. */
export function stateOf(
  { group, version, kind, plural, namespaced }: ServedKind,
  resources: readonly CustomResource[],
  onUnreadable: (unreadable: Unreadable) => void,
): StateResource {
  const place = { customresource_group: group, customresource_version: version, customresource_kind: kind }
  const definitions = new Map<string, MetricDefinition<never>>()
  return stateResource<KubernetesObject>({
    resource: { group, version, name: plural, namespaced },
    byDefault: false,
    custom: true,
    prefix: '',
    label: '',
    attribute: '',
    hasLabels: false,
    families: resources.flatMap(({ metrics }) =>
      metrics.map((metric) => familyOf(metric, { place, definitions, onUnreadable })),
    ),
  })
}

interface FamilySettings {
  readonly place: Readonly<Record<string, string>>
  /** By name: metrics of one name are one metric. */
  readonly definitions: Map<string, MetricDefinition<never>>
  readonly onUnreadable: (unreadable: Unreadable) => void
}

function familyOf(
  { name, help, commonLabels, ownLabels, pathLabels, samples, matters }: CustomMetric,
  { place, definitions, onUnreadable }: FamilySettings,
): StateFamily<KubernetesObject> {
  const definition = definitions.get(name) ?? definitionOf(name, help)
  definitions.set(name, definition)
  const common = Object.entries({ ...commonLabels, ...place, ...ownLabels })
  return {
    definition,
    read(object, add) {
      const labelsOfAll: Labels = new Map(common)
      addPathLabels(labelsOfAll, pathLabels, object)
      const shared = [...labelsOfAll].toSorted(([a], [b]) => compareBytewise(a, b)).flat()
      const complain = (problem: string): void => onUnreadable({ metric: name, object, problem, matters })
      for (const { labels, value } of samples(object, complain))
        add(value, {}, { prometheus: withLabels(shared, labels) })
    },
  }
}

/** Labels in the order of their names, with others in their places; of one name the other counts. */
function withLabels(sorted: readonly string[], others: Labels): readonly string[] {
  if (others.size === 0) return sorted
  const list = [...sorted]
  for (const [name, value] of others) {
    let index = 0
    while (index < list.length && compareBytewise(list[index] ?? '', name) < 0) index += 2
    list.splice(index, list[index] === name ? 2 : 0, name, value)
  }
  return list
}

function definitionOf(name: string, help: string): MetricDefinition<never> {
  return {
    fact: help,
    source: 'as it is configured',
    by: [],
    prometheus: { name, kind: 'gauge', description: help },
  }
}
