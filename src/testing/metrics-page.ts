import {
  attributeOf,
  namingsOf,
  type AnyMetricDefinition,
  type MetricDefinition,
  type Naming,
} from '#src/naming/metric.ts'
import { vocabularies, type Vocabulary } from '#src/naming/vocabulary.ts'

/** Facts of a component that belong together: a section of its page of metrics. */
export type NameTable = readonly [title: string, definitions: readonly AnyMetricDefinition[]]

/** All names that tables have in a vocabulary, each with the attributes that it bears. */
export function namesOf(
  tables: readonly NameTable[],
  vocabulary: Vocabulary,
): { readonly naming: Naming<string>; readonly attributes: readonly string[] }[] {
  return tables.flatMap(([, definitions]) =>
    known(definitions).flatMap((definition) =>
      namingsOf(definition, vocabulary).map((naming) => ({
        naming,
        attributes: attributesOf(naming, definition.by),
      })),
    ),
  )
}

/** Names that tables give two kinds or two units in a vocabulary. */
export function conflictingNames(tables: readonly NameTable[], vocabulary: Vocabulary): string[] {
  const meanings = new Map<string, string>()
  return namesOf(tables, vocabulary).flatMap(({ naming: { name, kind, unit = '' } }) => {
    const meaning = `${kind} ${unit}`
    const before = meanings.get(name) ?? meaning
    meanings.set(name, meaning)
    return before === meaning ? [] : [`${name}: ${before} and ${meaning}`]
  })
}

/**
 * The page that shows what is measured, and its name in each vocabulary.
 *
 * @param component its name in configurations
 * @param test the file of the test that holds the page to the tables, and writes it
 * @param more what is to be said of all of it
 */
export function metricsPage(
  { component, test, more = [] }: { component: string; test: string; more?: readonly string[] },
  tables: readonly NameTable[],
): string {
  const sections = tables.flatMap(([title, definitions]) => [
    '',
    `## ${title}`,
    '',
    `| fact | read from | ${vocabularies.join(' | ')} |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...known(definitions).map(
      (definition) => `| ${[definition.fact, definition.source, ...cellsOf(definition)].join(' | ')} |`,
    ),
  ])
  const lines = [
    `# Metrics of ${component}`,
    '',
    'What is measured, and its name in each vocabulary: attributes in braces, the unit in brackets, the instrument. `off` is off unless',
    `\`metrics\` switches it on. This page is written from the tables of names by \`vitest run ${test} -u\`.`,
    ...more.flatMap((paragraph) => ['', paragraph]),
    ...sections,
  ]
  return `${lines.join('\n')}\n`
}

/** The values of dimensions are given with the definition, so here nothing depends on which they are. */
function known(definitions: readonly AnyMetricDefinition[]): readonly MetricDefinition[] {
  return definitions as unknown as readonly MetricDefinition[]
}

function cellsOf(definition: MetricDefinition): string[] {
  return vocabularies.map((vocabulary) => {
    const names = namingsOf(definition, vocabulary).map((naming) => shown(naming, definition.by))
    return [...new Set(names)].join('<br>')
  })
}

function shown(naming: Naming<string>, dimensions: readonly string[]): string {
  const attributes = attributesOf(naming, dimensions)
  const unit = naming.unit ? ` [${naming.unit}]` : ''
  const off = naming.enabled === false ? ', off' : ''
  return `\`${naming.name}${attributes.length > 0 ? `{${attributes.join(', ')}}` : ''}\`${unit} ${naming.kind}${off}`
}

function attributesOf(naming: Naming<string>, dimensions: readonly string[]): string[] {
  return dimensions.flatMap((dimension) => attributeOf(naming, dimension)?.as ?? [])
}
