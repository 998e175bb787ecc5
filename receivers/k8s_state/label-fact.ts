import type { MetricDefinition, Naming } from '#src/naming/metric.ts'
import { sentence } from './sentence.ts'

/** What is told of an object by labels, of which a gauge is made in `prometheus` alone. */
export interface LabelFact<Label extends string> {
  /** What is told; as a sentence it is the description. */
  readonly fact: string
  readonly source: string
  readonly prometheus: string
  readonly labels: readonly Label[]
}

/**
 * Declares a fact whose dimensions are named like the labels that bear them.
 *
 * @example
 * labelFact({ fact: 'who serves it', source: 'spec.controller', prometheus: 'kube_ingressclass_info', labels: ['controller'] })
 */
export function labelFact<const Label extends string>({
  fact,
  source,
  prometheus,
  labels,
}: LabelFact<Label>): MetricDefinition<Label> {
  const names = Object.fromEntries(labels.map((label) => [label, label])) as Record<Label, Label>
  const naming: Naming<Label> = { name: prometheus, kind: 'gauge', description: sentence(fact), ...names }
  return { fact, source, by: labels, prometheus: naming }
}
