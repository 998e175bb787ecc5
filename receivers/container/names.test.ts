import { expect, test } from 'vitest'
import {
  attributeOf,
  namingsOf,
  type AnyMetricDefinition,
  type MetricDefinition,
  type Naming,
} from '#src/naming/metric.ts'
import { vocabularies, type Vocabulary } from '#src/naming/vocabulary.ts'
import { collectors } from './collectors.ts'
import { cycleNames } from './cycle-names.ts'

const tables: readonly (readonly [collector: string, names: readonly MetricDefinition[]])[] = [
  ...Object.entries<{ names: readonly AnyMetricDefinition[] }>(collectors).map(
    ([name, { names }]) => [name, names] as const,
  ),
  ['each cycle', cycleNames] as const,
].map(([collector, names]) => [collector, names as unknown as readonly MetricDefinition[]])

function namings(vocabulary: Vocabulary): { naming: Naming<string>; definition: MetricDefinition }[] {
  return tables.flatMap(([, names]) =>
    names.flatMap((definition) =>
      namingsOf(definition, vocabulary).map((naming) => ({ naming, definition })),
    ),
  )
}

test.each([
  ['otel', /^(container|k8s\.pod|k8s\.node)\.[a-z0-9_.]+$/, /^[a-z_.]+$/],
  ['semconv', /^(container|k8s\.pod|k8s\.node|k8s\.container)\.[a-z_.]+$/, /^[a-z0-9_.]+$/],
  ['prometheus', /^(container|machine)_[a-z0-9_]+$/, /^[a-z_]+$/],
  ['vm', /^vm_container_[a-z0-9_]+$/, /^[a-z_]+$/],
] as const)('%s: names and attributes are in the form of the vocabulary', (vocabulary, name, attribute) => {
  for (const { naming, definition } of namings(vocabulary)) {
    expect(naming.name).toMatch(name)
    expect(naming.description).not.toBe('')
    const attributes = definition.by.flatMap((dimension) => attributeOf(naming, dimension)?.as ?? [])
    expect(attributes.filter((as) => !attribute.test(as))).toEqual([])
  }
})

test('one name has one kind and one unit', () => {
  for (const vocabulary of vocabularies) {
    const kinds = new Map<string, string>()
    for (const { naming } of namings(vocabulary)) {
      const { name, kind, unit = '' } = naming
      expect([name, kinds.get(name) ?? `${kind} ${unit}`]).toEqual([name, `${kind} ${unit}`])
      kinds.set(name, `${kind} ${unit}`)
    }
  }
})

/** How a naming is shown in the page of metrics. */
function shown(naming: Naming<string>, dimensions: readonly string[]): string {
  const attributes = dimensions.flatMap((dimension) => attributeOf(naming, dimension)?.as ?? [])
  const unit = naming.unit === undefined ? '' : ` [${naming.unit}]`
  const off = naming.enabled === false ? ', off' : ''
  return `\`${naming.name}${attributes.length > 0 ? `{${attributes.join(', ')}}` : ''}\`${unit} ${naming.kind}${off}`
}

test('the page of metrics shows what the tables say', async () => {
  const lines = [
    '# Metrics of container',
    '',
    'What is measured, and its name in each vocabulary: attributes in braces, the unit in brackets, the instrument. `off` is off unless',
    '`metrics` switches it on. This page is written from the tables of names by `vitest run receivers/container/names.test.ts -u`.',
  ]
  for (const [collector, names] of tables) {
    lines.push(
      '',
      `## ${collector}`,
      '',
      `| fact | read from | ${vocabularies.join(' | ')} |`,
      '| --- | --- | --- | --- | --- | --- |',
    )
    for (const definition of names) {
      const cells = vocabularies.map((vocabulary) =>
        [...new Set(namingsOf(definition, vocabulary).map((naming) => shown(naming, definition.by)))].join(
          '<br>',
        ),
      )
      lines.push(`| ${[definition.fact, definition.source, ...cells].join(' | ')} |`)
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('metrics.md')
})
