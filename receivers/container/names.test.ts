import { expect, test } from 'vitest'
import { conflictingNames, metricsPage, namesOf, type NameTable } from '#src/testing/metrics-page.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { collectors } from './collectors.ts'
import { cycleNames } from './cycle-names.ts'

const tables: readonly NameTable[] = [
  ...Object.entries<{ names: NameTable[1] }>(collectors).map(([name, { names }]): NameTable => [name, names]),
  ['each cycle', cycleNames],
]

test.each([
  ['otel', /^(container|k8s\.pod|k8s\.node)\.[a-z0-9_.]+$/, /^[a-z_.]+$/],
  ['semconv', /^(container|k8s\.pod|k8s\.node|k8s\.container)\.[a-z_.]+$/, /^[a-z0-9_.]+$/],
  ['prometheus', /^(container|machine)_[a-z0-9_]+$/, /^[a-z_]+$/],
  ['vm', /^vm_container_[a-z0-9_]+$/, /^[a-z_]+$/],
] as const)('%s: names and attributes are in the form of the vocabulary', (vocabulary, name, attribute) => {
  for (const { naming, attributes } of namesOf(tables, vocabulary)) {
    expect(naming.name).toMatch(name)
    expect(naming.description).not.toBe('')
    expect(attributes.filter((as) => !attribute.test(as))).toEqual([])
  }
})

test('one name has one kind and one unit', () => {
  expect(vocabularies.flatMap((vocabulary) => conflictingNames(tables, vocabulary))).toEqual([])
})

test('the page of metrics shows what the tables say', async () => {
  const page = metricsPage({ component: 'container', test: 'receivers/container/names.test.ts' }, tables)
  await expect(page).toMatchFileSnapshot('metrics.md')
})
