import { expect, test } from 'vitest'
import { attributeOf, namingsOf, type MetricDefinition, type Naming } from '#src/naming/metric.ts'
import { vocabularies, type Vocabulary } from '#src/naming/vocabulary.ts'
import { collectionDuration, collectionErrors, collectionSuccess } from './collector-names.ts'
import { scrapers } from './scrapers.ts'

/** Every table of names, by the scraper whose it is. */
const tables: readonly (readonly [scraper: string, names: readonly MetricDefinition[]])[] = [
  ...Object.values(scrapers).map(({ name, names }) => [name, names] as const),
  ['every scraper', [collectionDuration, collectionSuccess, collectionErrors]] as const,
].map(([scraper, names]) => [scraper, names as unknown as readonly MetricDefinition[]])

/** All names of a vocabulary. */
function namings(vocabulary: Vocabulary): { naming: Naming<string>; definition: MetricDefinition }[] {
  return tables.flatMap(([, names]) =>
    names.flatMap((definition) =>
      namingsOf(definition, vocabulary).map((naming) => ({ naming, definition })),
    ),
  )
}

test.each([
  ['otel', /^system\.[a-z0-9_.]+$/, /^[a-z_.]+$/],
  ['semconv', /^system\.[a-z_.]+$/, /^[a-z]+\.[a-z_.]+$/],
  ['prometheus', /^node_[a-zA-Z0-9_{}]+$/, /^[a-z_]+$/],
  ['vm', /^vm_node_[a-z0-9_]+$/, /^[a-z_]+$/],
] as const)('%s: names and attributes are in the form of the vocabulary', (vocabulary, name, attribute) => {
  for (const { naming, definition } of namings(vocabulary)) {
    expect(naming.name).toMatch(name)
    expect(naming.description).not.toBe('')
    const attributes = definition.by.flatMap((dimension) => attributeOf(naming, dimension)?.as ?? [])
    expect(attributes.filter((as) => !attribute.test(as))).toEqual([])
  }
})

test.each(['prometheus', 'vm'] as const)(
  '%s: counters end in _total, and nothing else does',
  (vocabulary) => {
    for (const { naming } of namings(vocabulary)) {
      if (naming.name.endsWith('{property}')) continue
      expect([naming.name, naming.name.endsWith('_total')]).toEqual([naming.name, naming.kind === 'counter'])
    }
  },
)

test('a name is that of one fact, or of several that differ by a condition', () => {
  for (const vocabulary of vocabularies) {
    const kinds = new Map<string, string>()
    for (const { naming } of namings(vocabulary)) {
      const { name, kind, unit = '' } = naming
      const template = name.includes('{') ? `${name} ${kind}` : name
      expect(kinds.get(template) ?? `${kind} ${unit}`).toBe(`${kind} ${unit}`)
      kinds.set(template, `${kind} ${unit}`)
    }
  }
})

/** How a naming is shown in the page of metrics. */
function shown(naming: Naming<string>, dimensions: readonly string[]): string {
  const attributes = dimensions.flatMap((dimension) => {
    const values = Object.entries(naming.where ?? {}).find(([key]) => key === dimension)?.[1]
    const as = attributeOf(naming, dimension)?.as
    return as === undefined ? [] : [typeof values === 'string' ? `${as}="${values}"` : as]
  })
  const unit = naming.unit === undefined ? '' : ` [${naming.unit}]`
  const off = naming.enabled === false ? ', off' : ''
  return `\`${naming.name}${attributes.length > 0 ? `{${attributes.join(', ')}}` : ''}\`${unit} ${naming.kind}${off}`
}

test('the page of metrics shows what the tables say', async () => {
  const lines = [
    '# Metrics of hostmetrics',
    '',
    'What is measured, and its name in each vocabulary: attributes in braces, the unit in brackets, the instrument. `off` is off unless',
    '`metrics` switches it on. This page is written from the tables of names by `vitest run receivers/hostmetrics/names.test.ts -u`.',
  ]
  for (const [scraper, names] of tables) {
    lines.push(
      '',
      `## ${scraper}`,
      '',
      `| fact | ${vocabularies.join(' | ')} |`,
      '| --- | --- | --- | --- | --- |',
    )
    for (const definition of names) {
      const cells = vocabularies.map((vocabulary) =>
        namingsOf(definition, vocabulary)
          .map((naming) => shown(naming, definition.by))
          .join('<br>'),
      )
      lines.push(`| ${[definition.fact, ...cells].join(' | ')} |`)
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('metrics.md')
})
