import { attributeText } from '#src/attributes/attribute-text.ts'
import type { Exemplar } from '#src/model/batch.ts'
import { prometheusLabelName } from './prometheus-names.ts'

/** Labels of an exemplar, in the order of its attributes. */
export type ExemplarLabels = readonly (readonly [name: string, value: string])[]

/** How many characters the labels of an exemplar may have together (OpenMetrics 1.0, "Exemplars"). */
const labelLimit = 128

const traceLabels: ReadonlySet<string> = new Set(['trace_id', 'span_id'])

/**
 * The labels that an exemplar has in the Prometheus formats. Where they are too long only those of the trace are left; where
 * those are too long, there is no exemplar: undefined.
 */
export function exemplarLabels({ attributes }: Exemplar): ExemplarLabels | undefined {
  const all = [...attributes].map(([key, each]): [string, string] => [
    prometheusLabelName(key, false),
    attributeText(each),
  ])
  return [all, all.filter(([name]) => traceLabels.has(name))].find((each) => lengthOf(each) <= labelLimit)
}

/** In code points, as the limit is. */
function lengthOf(labels: ExemplarLabels): number {
  let length = 0
  for (const text of labels.flat()) length += Array.from(text).length
  return length
}
