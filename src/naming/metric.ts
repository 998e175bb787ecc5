import { vocabularies, type Vocabulary } from './vocabulary.ts'

/** How a vocabulary bears one dimension of a fact: under which name, and in which words. A text is the name alone. */
export type AttributeName =
  | string
  | {
      readonly as: string
      /** Other words for some values. Where two of these get one word, their facts are added up. */
      readonly values?: Readonly<Record<string, string>>
      /** What stands before each value: `cpu` makes `cpu0` of `0`. */
      readonly prefix?: string
      /** The value is an integer, not a text. */
      readonly integer?: true
    }

/** What kind of number a metric holds, in OpenTelemetry's words for instruments. */
export type Instrument = 'counter' | 'updowncounter' | 'gauge' | 'histogram'

interface NamingFields<Dimension extends string> {
  /** The name; `{dimension}` stands for the value of a dimension, where the values make the names. */
  readonly name: string
  readonly kind: Instrument
  /** UCUM, where the vocabulary has units. */
  readonly unit?: string
  /** One sentence: HELP. `{dimension}` as in the name. */
  readonly description: string
  /** The values are integers: OTLP's `as_int`. */
  readonly integer?: true
  /** What one unit of the fact is in this vocabulary, where it is not 1. */
  readonly scale?: number
  /** Whether it is emitted where the configuration says nothing; true if absent. */
  readonly enabled?: false
  /** Only facts with these values are meant. */
  readonly where?: { readonly [Key in Dimension]?: string | readonly string[] }
}

/** A fact's name, unit and attributes in one vocabulary. A dimension that is not named is no attribute. */
export type Naming<Dimension extends string> = NamingFields<Dimension> & {
  readonly [Key in Dimension]?: AttributeName
}

/** One measured fact and its names. A vocabulary without an entry has no word for it; one may have several. */
export interface MetricDefinition<Dimension extends string = string> {
  /** What is measured, and in which unit. */
  readonly fact: string
  /** Where it is read, and what is done to it. */
  readonly source: string
  /** What the fact is told apart by. */
  readonly by: readonly Dimension[]
  readonly otel?: Naming<Dimension> | readonly Naming<Dimension>[]
  readonly semconv?: Naming<Dimension> | readonly Naming<Dimension>[]
  readonly prometheus?: Naming<Dimension> | readonly Naming<Dimension>[]
  readonly vm?: Naming<Dimension> | readonly Naming<Dimension>[]
}

/** Any definition, where its dimensions do not matter. */
export type AnyMetricDefinition = Omit<MetricDefinition<never>, 'by' | Vocabulary> & {
  readonly by: readonly string[]
} & { readonly [Key in Vocabulary]?: NamingFields<never> | readonly NamingFields<never>[] }

/**
 * Declares a fact: a row of a naming table. It is data; `Facts` writes what is measured under all its names.
 *
 * @example
 * export const diskIo = metric({
 *   fact: 'bytes moved by a disk, since boot',
 *   source: '/proc/diskstats, sectors of 512 bytes',
 *   by: ['device', 'direction'],
 *   otel: { name: 'system.disk.io', unit: 'By', kind: 'counter', integer: true, description: '…', device: 'device', direction: 'direction' },
 *   prometheus: [
 *     { where: { direction: 'read' }, name: 'node_disk_read_bytes_total', kind: 'counter', description: '…', device: 'device' },
 *     { where: { direction: 'write' }, name: 'node_disk_written_bytes_total', kind: 'counter', description: '…', device: 'device' },
 *   ],
 * })
 */
export function metric<const Dimension extends string>(
  definition: NoInfer<MetricDefinition<Dimension>> & { readonly by: readonly Dimension[] },
): MetricDefinition<Dimension> {
  return definition
}

/** The entries of a fact in a vocabulary, as a list. */
export function namingsOf<Dimension extends string>(
  definition: MetricDefinition<Dimension>,
  vocabulary: Vocabulary,
): readonly Naming<Dimension>[] {
  const entry = definition[vocabulary]
  if (entry === undefined) return []
  return isList(entry) ? entry : [entry]
}

function isList<Entry>(entry: Entry | readonly Entry[]): entry is readonly Entry[] {
  return Array.isArray(entry)
}

/** The attribute that bears a dimension in a naming, if one does. */
export function attributeOf<Dimension extends string>(
  naming: Naming<Dimension>,
  dimension: Dimension,
): Exclude<AttributeName, string> | undefined {
  const attribute: AttributeName | undefined = (naming as { readonly [Key in Dimension]?: AttributeName })[
    dimension
  ]
  return typeof attribute === 'string' ? { as: attribute } : attribute
}

/** Every metric name that a table can emit in any vocabulary, as written: some hold values, as `node_memory_{field}`. */
export function metricNames(table: readonly AnyMetricDefinition[]): string[] {
  return vocabularies.flatMap((vocabulary) =>
    table.flatMap((definition) => [definition[vocabulary] ?? []].flat().map(({ name }) => name)),
  )
}

/** Whether a name is one of some, as `metricNames` gives them: as written, or with values filled in. */
export function isMetricName(name: string, names: readonly string[]): boolean {
  return names.some((each) => {
    if (each === name) return true
    const [before = '', after] = each.split(/\{\w+\}/)
    return after !== undefined && name.startsWith(before) && name.endsWith(after)
  })
}
