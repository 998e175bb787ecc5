import { attributeText } from '#src/attributes/attribute-text.ts'
import type { Exemplar } from '#src/model/batch.ts'
import { prometheusLabelName } from '#src/naming/prometheus-names.ts'

/** An exemplar as remote write has it. */
export interface RemoteExemplar {
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
  /** Unix time in milliseconds. */
  readonly time: number
}

/** How many characters the labels of an exemplar may have together (OpenMetrics 1.0, "Exemplars"). */
const labelLimit = 128

const traceLabels: ReadonlySet<string> = new Set(['trace_id', 'span_id'])

/**
 * Exemplars of a sample, in the order of their times, as receivers want them; one without a time of its own has that of the
 * sample. Where labels are too long only those of the trace are left; where those are too long, there is no exemplar.
 */
export function remoteExemplars(exemplars: readonly Exemplar[], sampleTime: number): RemoteExemplar[] {
  return exemplars
    .flatMap((exemplar) => {
      const labels = labelsOf(exemplar)
      if (labels === undefined) return []
      return [{ labels, value: Number(exemplar.value), time: timeOf(exemplar, sampleTime) }]
    })
    .toSorted((first, second) => first.time - second.time)
}

function labelsOf({ attributes }: Exemplar): RemoteExemplar['labels'] | undefined {
  const all = [...attributes].map(([key, each]): [string, string] => [
    prometheusLabelName(key, false),
    attributeText(each),
  ])
  return [all, all.filter(([name]) => traceLabels.has(name))].find((each) => lengthOf(each) <= labelLimit)
}

function timeOf({ time }: Exemplar, sampleTime: number): number {
  const own = typeof time === 'bigint' ? Number(time / 1_000_000n) : Math.floor(time)
  return own > 0 ? own : sampleTime
}

/** In code points, as the limit is. */
function lengthOf(labels: RemoteExemplar['labels']): number {
  let length = 0
  for (const text of labels.flat()) length += Array.from(text).length
  return length
}
