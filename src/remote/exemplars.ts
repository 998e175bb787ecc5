import type { Exemplar } from '#src/model/batch.ts'
import { exemplarLabels, type ExemplarLabels } from '#src/naming/exemplar-labels.ts'

/** An exemplar as remote write has it. */
export interface RemoteExemplar {
  readonly labels: ExemplarLabels
  readonly value: number
  /** Unix time in milliseconds. */
  readonly time: number
}

/**
 * Exemplars of a sample, in the order of their times, as receivers want them; one without a time of its own has that of the
 * sample.
 */
export function remoteExemplars(exemplars: readonly Exemplar[], sampleTime: number): RemoteExemplar[] {
  return exemplars
    .flatMap((exemplar) => {
      const labels = exemplarLabels(exemplar)
      if (labels === undefined) return []
      return [{ labels, value: Number(exemplar.value), time: timeOf(exemplar, sampleTime) }]
    })
    .toSorted((first, second) => first.time - second.time)
}

function timeOf({ time }: Exemplar, sampleTime: number): number {
  const own = typeof time === 'bigint' ? Number(time / 1_000_000n) : Math.floor(time)
  return own > 0 ? own : sampleTime
}
