import type { Exemplar } from '#src/model/batch.ts'
import { exemplarLabels } from '#src/naming/exemplar-labels.ts'
import { isClassicLabelName } from '#src/naming/prometheus-names.ts'
import { byteText, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { formatNumber } from '#src/text/number-text.ts'

/** An exemplar as OpenMetrics has it behind a sample; empty where its labels are too long. */
export function exemplarText(exemplar: Exemplar): string {
  const { value, time } = exemplar
  const labels = exemplarLabels(exemplar)
  if (labels === undefined) return ''
  const pairs = labels.map(
    ([name, each]) => `${quoteName(name, isClassicLabelName)}="${escapeLabelValue(each)}"`,
  )
  const seconds = typeof time === 'bigint' ? Number(time / 1_000_000n) / 1000 : time / 1000
  const stamp = seconds > 0 ? ` ${formatNumber(seconds)}` : ''
  return byteText(` # {${pairs.join(',')}} ${formatNumber(Number(value))}${stamp}`)
}
