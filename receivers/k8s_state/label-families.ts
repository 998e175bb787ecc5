import type { ApiObject } from '#src/kubernetes/wire.ts'
import type { AttributeList } from '#src/model/attribute-set.ts'
import { metric, type MetricDefinition } from '#src/naming/metric.ts'
import { labelsOf, type AllowedKeys } from './label-names.ts'

/** Labels or annotations of objects as a metric. */
export interface LabelFamily {
  readonly definition: MetricDefinition<never>
  labels(object: ApiObject<object>): AttributeList
}

/** Which labels and annotations of a resource are told. */
export interface LabelOptions {
  readonly labels: AllowedKeys
  readonly annotations: AllowedKeys
  /** Whether `_labels` is there even where no label is allowed: dashboards count objects by it. */
  readonly bare: boolean
}

/** The metrics of a resource that bear labels and annotations of its objects. */
export function labelFamilies(
  prefix: string,
  { labels, annotations, bare }: LabelOptions,
): readonly LabelFamily[] {
  const families: LabelFamily[] = []
  if (annotations.length > 0)
    families.push({
      definition: definitionOf(`${prefix}_annotations`, 'annotations'),
      labels: ({ metadata }) => labelsOf('annotation_', metadata.annotations, annotations),
    })
  if (labels.length > 0 || bare)
    families.push({
      definition: definitionOf(`${prefix}_labels`, 'labels'),
      labels: ({ metadata }) => labelsOf('label_', metadata.labels, labels),
    })
  return families
}

function definitionOf(name: string, what: string): MetricDefinition<never> {
  return metric({
    fact: `its ${what}, so far as they are allowed`,
    source: `metadata.${what}`,
    by: [],
    prometheus: { name, kind: 'gauge', description: `Its ${what}, as labels.` },
  })
}
