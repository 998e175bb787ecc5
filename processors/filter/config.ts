import { WantedAttribute } from '#src/attributes/attribute-matcher.ts'
import { selectionOptions } from '#src/attributes/series-matcher.ts'
import { ConfigError, throwAll, type Path } from '#src/config/config-error.ts'
import { matchOptions } from '#src/config/matcher.ts'
import { Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'

const Selection = (description: string) =>
  Type.Optional(
    Options(
      {
        ...selectionOptions,
        match_type: Type.Union([Type.Literal('strict'), Type.Literal('regexp'), Type.Literal('expr')], {
          description:
            'How names and values are compared: as whole texts, or as RE2 expressions that match anywhere. `expr` is ' +
            'refused.',
        }),
        resource_attributes: Type.Array(WantedAttribute, {
          description: 'Attributes of the resource, all of which must match.',
          default: [],
        }),
        expressions: Type.Optional(Type.Unknown({ description: 'Refused, as match_type `expr` is.' })),
      },
      { description },
    ),
  )

const Refused = Type.Optional(
  Type.Unknown({ description: 'Refused: OTTL conditions are not supported in this version.' }),
)
const OtherSignal = WithoutEffect('Weir carries metrics only')

/** The options of `filter`, in the Collector's names. */
export const Config = Options({
  metrics: Type.Optional(
    Options(
      {
        include: Selection('What is kept; all, where not given.'),
        exclude: Selection('What of it is dropped; nothing, where not given.'),
        regexp: matchOptions.regexp,
        resource: Refused,
        metric: Refused,
        datapoint: Refused,
      },
      { description: 'Which series are kept.' },
    ),
  ),
  error_mode: Type.Optional(
    Type.Union([Type.Literal('ignore'), Type.Literal('silent'), Type.Literal('propagate')], {
      description: 'Accepted and without effect: names and attributes are compared without errors.',
    }),
  ),
  metric_conditions: Refused,
  logs: OtherSignal,
  traces: OtherSignal,
  spans: OtherSignal,
  profiles: OtherSignal,
  log_conditions: OtherSignal,
  trace_conditions: OtherSignal,
  profile_conditions: OtherSignal,
})

export type FilterConfig = Static<typeof Config>
export type MetricsConfig = NonNullable<FilterConfig['metrics']>
export type SelectionConfig = NonNullable<MetricsConfig['include']>

/** What to use in place of a form that is refused. */
export const instead =
  'use metrics.include and metrics.exclude with match_type strict or regexp, and metric_names, attributes, ' +
  'resource_attributes'

/** Whether a key has anything below it. */
export function isGiven(option: unknown): boolean {
  return option !== undefined && option !== null && !(Array.isArray(option) && option.length === 0)
}

/** Throws a `ConfigError` for every list of OTTL conditions, which would be left out otherwise. */
export function refuseConditions({ metric_conditions, metrics }: FilterConfig): void {
  const lists: readonly (readonly [path: Path, list: unknown])[] = [
    [['metric_conditions'], metric_conditions],
    [['metrics', 'resource'], metrics?.resource],
    [['metrics', 'metric'], metrics?.metric],
    [['metrics', 'datapoint'], metrics?.datapoint],
  ]
  throwAll(
    lists
      .filter(([, list]) => isGiven(list))
      .map(
        ([path]) => new ConfigError(`OTTL conditions are not supported in this version: ${instead}`, path),
      ),
  )
}
