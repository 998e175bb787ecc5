import type { Instrument, MetricDefinition } from '#src/naming/metric.ts'
import { sentence } from './sentence.ts'

/** A number of an object that nothing tells apart, and its name in each vocabulary that has one. */
export interface NumberFact {
  /** What is measured; as a sentence it is the description. */
  readonly fact: string
  readonly source: string
  readonly prometheus?: string
  /** UCUM, for OpenTelemetry's vocabularies. */
  readonly unit?: string
  /** An integer gauge, as the Collector has all numbers of objects. */
  readonly otel?: string | { readonly name: string; readonly enabled: false }
  /** An integer that goes up and down, as the semantic conventions have all numbers of objects. */
  readonly semconv?: string
}

/**
 * Declares such a number, which most families of most objects are.
 *
 * @example
 * numberFact({ fact: 'pods that are wanted', source: 'spec.replicas', prometheus: 'kube_replicaset_spec_replicas' })
 */
export function numberFact({
  fact,
  source,
  prometheus,
  unit = '',
  otel,
  semconv,
}: NumberFact): MetricDefinition<never> {
  const description = sentence(fact)
  const integer = (kind: Instrument) => ({ kind, unit, integer: true, description }) as const
  return {
    fact,
    source,
    by: [],
    ...(prometheus === undefined ? {} : { prometheus: { name: prometheus, kind: 'gauge', description } }),
    ...(otel === undefined
      ? {}
      : { otel: { ...integer('gauge'), ...(typeof otel === 'string' ? { name: otel } : otel) } }),
    ...(semconv === undefined ? {} : { semconv: { ...integer('updowncounter'), name: semconv } }),
  }
}
