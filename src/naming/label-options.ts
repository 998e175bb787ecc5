import { Options, Type, type Static } from '#src/config/schema.ts'
import { compileGlobs } from '#src/regex/glob.ts'
import type { LabelSettings } from './prometheus-labels.ts'
import { translationOf, type TranslationStrategy } from './prometheus-names.ts'

/** How names and labels become those of Prometheus, in the Collector's options. Spread into those of an exporter. */
export const labelProperties = {
  namespace: Type.String({ description: 'Put before every metric name, with a `_` between.', default: '' }),
  resource_constant_labels: Type.Optional(
    Options(
      {
        included: Type.Array(Type.String(), {
          description:
            'Patterns of attribute keys, with `*` and `?`. All of them where there is only `excluded`.',
          default: [],
        }),
        excluded: Type.Array(Type.String(), { description: 'Patterns that win over these.', default: [] }),
      },
      {
        description: 'Which attributes of the resource become labels of every series.',
      },
    ),
  ),
  resource_to_telemetry_conversion: Options(
    {
      enabled: Type.Boolean({
        description: 'Whether all attributes of the resource become labels of every series.',
        default: false,
      }),
      exclude_service_attributes: Type.Boolean({
        description: 'Leaves out `service.name`, `service.namespace` and `service.instance.id`.',
        default: false,
      }),
    },
    { description: 'The older form of `resource_constant_labels`, which wins over it.' },
  ),
  target_info: Options(
    {
      enabled: Type.Boolean({ description: 'Whether resources are listed by `target_info`.', default: true }),
    },
    { description: 'How resources are listed.' },
  ),
  add_metric_suffixes: Type.Boolean({
    description: 'Whether unit and type are added to names. `translation_strategy` wins over it.',
    default: true,
  }),
  translation_strategy: Type.Optional(
    Type.Union(
      [
        Type.Literal('UnderscoreEscapingWithSuffixes'),
        Type.Literal('UnderscoreEscapingWithoutSuffixes'),
        Type.Literal('NoUTF8EscapingWithSuffixes'),
        Type.Literal('NoTranslation'),
      ],
      {
        description:
          'How names become names of Prometheus: with or without suffixes for unit and type, with other characters escaped or not.',
      },
    ),
  ),
}

const Shape = Options(labelProperties)

/** Those options, as the reader gives them. */
export type LabelOptions = Static<typeof Shape>

const serviceAttributes: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
])

/** What the options say about names and labels, beside what an exporter has of its own. */
export function labelSettings(
  options: LabelOptions,
  own: Pick<LabelSettings, 'constLabels' | 'scopeInfo'>,
): LabelSettings {
  const fallback: TranslationStrategy = options.add_metric_suffixes
    ? 'UnderscoreEscapingWithSuffixes'
    : 'UnderscoreEscapingWithoutSuffixes'
  return {
    ...own,
    translation: translationOf(options.translation_strategy ?? fallback, options.namespace),
    promotes: promotion(options),
  }
}

function promotion(options: LabelOptions): (key: string) => boolean {
  const { resource_constant_labels: chosen, resource_to_telemetry_conversion: all } = options
  if (chosen !== undefined) {
    const { included, excluded } = chosen
    const includes = included.length === 0 && excluded.length > 0 ? () => true : compileGlobs(included)
    const excludes = compileGlobs(excluded)
    return (key) => includes(key) && !excludes(key)
  }
  if (!all.enabled) return () => false
  return all.exclude_service_attributes ? (key) => !serviceAttributes.has(key) : () => true
}
