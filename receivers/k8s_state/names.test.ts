import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { conflictingNames, metricsPage, namesOf, type NameTable } from '#src/testing/metrics-page.ts'
import { cycleNames } from './cycle-names.ts'
import { stateResources } from './state-resources.ts'

const tables: readonly NameTable[] = [
  ...stateResources.map(({ resource, families }): NameTable => [
    resource.name,
    families.map(({ definition }) => definition),
  ]),
  ['each cycle', cycleNames],
]

test.each([
  ['otel', /^k8s\.[a-z_.{}]+$/, /^[a-z0-9_.]+$/],
  ['semconv', /^k8s\.[a-z_.{}]+$/, /^[a-z0-9_.]+$/],
  ['prometheus', /^kube_[a-z_]+$/, /^[a-z_]+$/],
  ['vm', /^vm_kube_[a-z_]+$/, /^[a-z_]+$/],
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

test('kube-state-metrics 2.20 has no metric that is not told', async () => {
  const path = new URL('resources/golden/kube-state-metrics-names.txt', import.meta.url)
  const theirs = (await readFile(path, 'utf8')).trim().split('\n')
  const labelled = stateResources.filter(({ hasLabels }) => hasLabels !== false)
  const ours = new Set([
    ...namesOf(tables, 'prometheus').map(({ naming }) => naming.name),
    ...labelled.flatMap(({ prefix }) => [`${prefix}_labels`, `${prefix}_annotations`]),
  ])
  expect(theirs.filter((name) => !ours.has(name))).toEqual([])
  expect(theirs.length).toBeGreaterThan(300)
})

test('the page of metrics shows what the tables say', async () => {
  const more = [
    'Most resources have `kube_*_labels` and `kube_*_annotations` beside these in `prometheus`, with what the allow-lists allow.',
  ]
  const page = metricsPage(
    { component: 'k8s_state', test: 'receivers/k8s_state/names.test.ts', more },
    tables,
  )
  await expect(page).toMatchFileSnapshot('metrics.md')
})
