import { Source } from '#src/model/source.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import type { LabelOptions } from './label-families.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { ObjectRecorder } from './object-recorder.ts'
import { ObjectTable } from './object-table.ts'
import type { StateResource } from './state-resource.ts'

const noLabels: LabelOptions = { labels: [], annotations: [], bare: false }

/**
 * What is told of an object, for tests: a line for each sample, as the text format of Prometheus has it, with the attributes of
 * resources between brackets where the vocabulary has any.
 *
 * @param enabled metrics of `prometheus` that are not told by themselves; in OpenTelemetry's vocabularies all are
 */
export function tell(
  resource: StateResource,
  object: object,
  {
    naming = 'prometheus',
    labels = noLabels,
    enabled: switchedOn = [],
  }: { naming?: Vocabulary; labels?: LabelOptions; enabled?: readonly string[] } = {},
): string[] {
  const table = new ObjectTable(new Source('k8s_state', resource.resource.name))
  const enabled = (name: string): true | undefined =>
    naming === 'otel' || naming === 'semconv' || switchedOn.includes(name) ? true : undefined
  const recorder = new ObjectRecorder(resource, table, { facts: { vocabularies: [naming], enabled }, labels })
  const { metadata, ...rest } = object as { metadata?: object }
  const complete = {
    metadata: { name: 'it', uid: 'u1', resourceVersion: '7', ...metadata },
    ...rest,
  } as KubernetesObject
  recorder.record(complete, undefined)
  return table.all(0).flatMap((batch) =>
    samplesOf(batch).map(({ name, attributes, value }, index) => {
      const labelled = Object.entries(attributes).map(([key, each]) => `${key}=${JSON.stringify(each)}`)
      const scope = [...(batch.layout.series[batch.walk[index] ?? 0]?.resource.attributes ?? [])]
      const bearer =
        scope.length === 0
          ? ''
          : ` [${scope.map(([key, each]) => `${key}=${JSON.stringify(each)}`).join(', ')}]`
      return `${name}{${labelled.join(', ')}} ${value}${bearer}`
    }),
  )
}
