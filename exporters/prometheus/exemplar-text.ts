import { attributeText } from '#src/attributes/attribute-text.ts'
import type { Exemplar } from '#src/model/batch.ts'
import { isClassicLabelName, prometheusLabelName } from '#src/naming/prometheus-names.ts'
import { byteText, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { formatNumber } from '#src/text/number-text.ts'

/** How many characters the labels of an exemplar may have together (OpenMetrics 1.0, "Exemplars"). */
const labelLimit = 128

const traceLabels: ReadonlySet<string> = new Set(['trace_id', 'span_id'])

/**
 * An exemplar as OpenMetrics has it behind a sample. Where its labels are too long only those of the trace are left;
 * where those are too long, there is none.
 */
export function exemplarText({ attributes, value, time }: Exemplar): string {
  const all = [...attributes].map(([key, each]): [string, string] => [
    prometheusLabelName(key, false),
    attributeText(each),
  ])
  const labels = [all, all.filter(([name]) => traceLabels.has(name))].find(
    (each) => lengthOf(each) <= labelLimit,
  )
  if (labels === undefined) return ''
  const pairs = labels.map(
    ([name, each]) => `${quoteName(name, isClassicLabelName)}="${escapeLabelValue(each)}"`,
  )
  const seconds = typeof time === 'bigint' ? Number(time / 1_000_000n) / 1000 : time / 1000
  const stamp = seconds > 0 ? ` ${formatNumber(seconds)}` : ''
  return byteText(` # {${pairs.join(',')}} ${formatNumber(Number(value))}${stamp}`)
}

/** In code points, as the limit is. */
function lengthOf(labels: readonly (readonly [string, string])[]): number {
  let length = 0
  for (const text of labels.flat()) length += Array.from(text).length
  return length
}
