import type { Series } from '#src/model/series.ts'

/** How large the labels of a series may be, target labels and the name among them. 0 for any size. */
export interface LabelLimits {
  /** Labels of a series. */
  readonly labelLimit: number
  /** Bytes of a label's name. */
  readonly labelNameLengthLimit: number
  /** Bytes of a label's value. */
  readonly labelValueLengthLimit: number
}

/** Throws an error that says which limit a series is beyond. */
export function checkLabels(series: Series, limits: LabelLimits): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = limits
  const count = series.attributes.size + 1
  if (labelLimit > 0 && count > labelLimit) {
    throw new Error(`label_limit exceeded: ${count} labels, expected at most ${labelLimit}`)
  }
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return
  checkLengths('__name__', series.name, limits)
  for (const [name, value] of series.attributes) {
    if (typeof value === 'string') checkLengths(name, value, limits)
  }
}

function checkLengths(name: string, value: string, limits: LabelLimits): void {
  const { labelNameLengthLimit, labelValueLengthLimit } = limits
  checkLength('label_name_length_limit', 'name of a label', name, labelNameLengthLimit)
  checkLength('label_value_length_limit', 'value of a label', value, labelValueLengthLimit)
}

function checkLength(option: string, what: string, text: string, limit: number): void {
  if (limit === 0 || text.length * 3 <= limit) return
  const length = Buffer.byteLength(text)
  if (length > limit)
    throw new Error(`${option} exceeded: the ${what} has ${length} bytes, expected at most ${limit}`)
}
