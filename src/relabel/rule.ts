import { Options, Type, type Static } from '#src/config/schema.ts'

/** The actions of Prometheus, then those of vmagent. */
export const actionNames = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
  'replace_all',
  'labelmap_all',
  'keep_if_equal',
  'drop_if_equal',
  'keep_if_contains',
  'drop_if_contains',
  'keep_metrics',
  'drop_metrics',
  'graphite',
] as const

export type ActionName = (typeof actionNames)[number]

/** What an option is where it is not given; given as this, it is never refused. */
export const standard = {
  action: 'replace',
  source_labels: [] as string[],
  separator: ';',
  target_label: '',
  regex: '(.*)',
  modulus: 0,
  replacement: '$1',
}

/** One relabeling rule, in the words of Prometheus and vmagent. */
export const RelabelRule = Options({
  action: Type.String({
    description: `What the rule does, in upper or lower case: ${actionNames.join(', ')}.`,
    default: standard.action,
    examples: [...actionNames],
  }),
  if: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
      description:
        'A series selector, or a list of which one must match: `foo{job="x"}`. Where it does not match, the rule is skipped; `keep` and `keep_metrics` drop then.',
    }),
  ),
  source_labels: Type.Array(Type.String(), {
    description: 'The labels whose values, joined by `separator`, the rule looks at. A missing one is empty.',
    default: standard.source_labels,
  }),
  separator: Type.String({
    description: 'What stands between the values of `source_labels`.',
    default: standard.separator,
  }),
  target_label: Type.String({
    description:
      'The label that is written or compared. In `replace` it may refer to groups: `$1`, `${name}`.',
    default: standard.target_label,
  }),
  regex: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
    description:
      'An RE2 expression that must match as a whole, or a list of which one must. `replace_all` and `labelmap_all` look for it anywhere.',
    default: standard.regex,
  }),
  modulus: Type.Integer({
    description: 'What `hashmod` divides the hash by.',
    default: standard.modulus,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
  }),
  replacement: Type.String({
    description:
      'What is written. `$1` and `${name}` stand for groups, `$$` for a dollar sign, in `replace` also `{{label}}` for a label.',
    default: standard.replacement,
  }),
  match: Type.Optional(
    Type.String({
      description: 'For `graphite`: a metric name in which `*` stands for anything but a dot.',
    }),
  ),
  labels: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: 'For `graphite`: labels to write; `$1` and `${1}` stand for what the `*` matched.',
    }),
  ),
})

/** Relabeling rules, applied in order: for wherever a configuration has `relabel_configs`. */
export const RelabelRules = Type.Array(RelabelRule, {
  description: 'The rules, applied in order.',
  default: [],
})

/** A rule as the configuration has it. */
export type RelabelOptions = Partial<Static<typeof RelabelRule>>

/** A rule with every option filled in. */
export interface Rule {
  readonly action: ActionName
  readonly if: readonly string[]
  readonly source_labels: readonly string[]
  readonly separator: string
  readonly target_label: string
  /** Several are joined with a bar. */
  readonly regex: string
  readonly modulus: number
  readonly replacement: string
  readonly match: string
  readonly labels: Readonly<Record<string, string>>
}
