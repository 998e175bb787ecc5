import { Labels } from '#src/relabel/labels.ts'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import type { RelabelOptions } from '#src/relabel/rule.ts'

/** Labels as a test writes them. */
export type LabelRecord = Readonly<Record<string, string>>

/** Fills labels from a record. */
export function labelsOf(record: LabelRecord): Labels {
  const labels = new Labels()
  for (const [name, value] of Object.entries(record)) labels.fill(name, value)
  return labels
}

/** What rules make of labels; undefined where they drop them. */
export function relabeled(record: LabelRecord, ...rules: RelabelOptions[]): LabelRecord | undefined {
  const labels = labelsOf(record)
  return compileRelabeling(rules).apply(labels) ? Object.fromEntries(labels.pairs()) : undefined
}
