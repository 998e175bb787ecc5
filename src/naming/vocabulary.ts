import { Type } from '#src/config/schema.ts'

/**
 * The vocabularies in which a measured fact can be named: what the Collector's component emits, the current
 * OpenTelemetry semantic conventions, the classic Prometheus exporters, and the Kubernetes monitoring proposal.
 */
export const vocabularies = ['otel', 'semconv', 'prometheus', 'vm'] as const

export type Vocabulary = (typeof vocabularies)[number]

const one = Type.Enum(vocabularies)

/** The option `naming`: one vocabulary, or a list of several, in which all facts are then emitted. */
export const NamingOption = Type.Union([one, Type.Array(one, { minItems: 1, uniqueItems: true })], {
  description:
    'The names of metrics, attributes and their values: `otel` as the Collector emits them, `semconv` as the current OpenTelemetry semantic conventions, `prometheus` as the classic exporter, `vm` as the Kubernetes monitoring proposal. One, or a list of several.',
  default: 'otel',
})

/** The vocabularies that the option names, in the order of `vocabularies`. */
export function chosenVocabularies(option: Vocabulary | readonly Vocabulary[]): readonly Vocabulary[] {
  const chosen = new Set(typeof option === 'string' ? [option] : option)
  return vocabularies.filter((vocabulary) => chosen.has(vocabulary))
}
