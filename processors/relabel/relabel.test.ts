import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { internedSets } from '#src/model/attribute-set.ts'
import { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { SeriesStage } from '#src/pipeline/series-stage.ts'
import { completeRule } from '#src/relabel/rule-check.ts'
import { actionNames, standard, type RelabelOptions } from '#src/relabel/rule.ts'
import { testContext } from '#src/testing/context.ts'
import { series, type SeriesOptions } from '#src/testing/series.ts'
import { compileRules } from './config.ts'
import relabel from './index.ts'
import { SeriesRelabeling } from './series-relabeling.ts'

function configOf(...rules: RelabelOptions[]) {
  return { relabel_configs: rules.map((rule) => ({ ...standard, ...rule })) }
}

function relabelingOf(...rules: RelabelOptions[]): SeriesRelabeling {
  return new SeriesRelabeling(compileRules(configOf(...rules)))
}

/** A relabeled series as a test compares it. */
function shown(result: Series | undefined) {
  return result && { name: result.name, attributes: Object.fromEntries(result.attributes) }
}

const shop = makeScope(
  makeResource(['service.name', 'shop', 'service.namespace', 'eu', 'service.instance.id', 'a']),
)
const scraped = makeScope(makeResource(['service.name', 'shop'], { derived: true }))

test('rules see the name, and change it', () => {
  const relabeling = relabelingOf({
    source_labels: ['__name__'],
    regex: 'system[.](.+)',
    target_label: '__name__',
    replacement: 'host.$1',
  })
  const renamed = relabeling.apply(series('system.cpu.time', { cpu: '0' }, { unit: 's', kind: 'sum' }))
  expect(shown(renamed)).toEqual({ name: 'host.cpu.time', attributes: { cpu: '0' } })
  expect(renamed?.metric.descriptor).toMatchObject({ unit: 's', kind: 'sum' })
})

test('a series that no rule changes is the same object, also where rules changed it back', () => {
  const same = series('x', { a: '1', n: 2n })
  const { references } = same.attributes
  expect(relabelingOf({ source_labels: ['b'], regex: '.+', target_label: 'c' }).apply(same)).toBe(same)
  expect(
    relabelingOf({ target_label: 'b', replacement: '1' }, { action: 'labeldrop', regex: 'b' }).apply(same),
  ).toBe(same)
  expect(same.attributes.references).toBe(references)
})

test('attributes that no rule touched keep their types; those that a rule wrote are texts', () => {
  const typed = series('x', { int: 7n, double: 0.5, yes: true, list: [1n, 'b'] })
  const relabeling = relabelingOf(
    { source_labels: ['int', 'double', 'yes', 'list'], target_label: 'all' },
    { action: 'replace', source_labels: ['int'], target_label: 'int', replacement: '0$1' },
  )
  expect(shown(relabeling.apply(typed))?.attributes).toEqual({
    all: '7;0.5;true;[1,"b"]',
    int: '07',
    double: 0.5,
    yes: true,
    list: [1n, 'b'],
  })
})

test('job and instance of the resource are seen, and stay where they are', () => {
  const relabeling = relabelingOf({ source_labels: ['job', 'instance'], target_label: 'who' })
  expect(shown(relabeling.apply(series('x', {}, { scope: shop })))?.attributes).toEqual({ who: 'eu/shop;a' })
})

test('job and instance are attributes once a rule writes them', () => {
  const relabeling = relabelingOf({ source_labels: ['job'], regex: 'eu/(.+)', target_label: 'job' })
  expect(shown(relabeling.apply(series('x', {}, { scope: shop })))?.attributes).toEqual({ job: 'shop' })
})

test('an attribute hides what the resource says', () => {
  const relabeling = relabelingOf({ source_labels: ['job'], target_label: 'who' })
  expect(shown(relabeling.apply(series('x', { job: 'own' }, { scope: shop })))?.attributes).toEqual({
    job: 'own',
    who: 'own',
  })
})

test('of a scraped series only its own labels are seen', () => {
  const relabeling = relabelingOf({ source_labels: ['job'], target_label: 'who' })
  const same = series('x', { a: '1' }, { scope: scraped })
  expect(relabeling.apply(same)).toBe(same)
})

test('labels that begin with two underscores are gone afterwards, whoever made them', () => {
  const relabeling = relabelingOf(
    { action: 'hashmod', source_labels: ['a'], modulus: 1, target_label: '__tmp' },
    { source_labels: ['__tmp'], target_label: 'shard' },
  )
  expect(shown(relabeling.apply(series('x', { a: '1', __was: 'here' })))?.attributes).toEqual({
    a: '1',
    shard: '0',
  })
})

test('an attribute called __name__ is not taken for the name', () => {
  const relabeling = relabelingOf({ source_labels: ['__name__'], target_label: 'name' })
  expect(shown(relabeling.apply(series('x', { __name__: 'y' })))).toEqual({
    name: 'x',
    attributes: { name: 'x' },
  })
})

test.each<[string, RelabelOptions]>([
  ['its name is removed', { target_label: '__name__', replacement: '' }],
  ['no label is kept', { action: 'labelkeep', regex: 'none' }],
  ['a rule drops it', { action: 'drop_metrics', regex: 'x' }],
])('a series is dropped where %s', (_, rule) => {
  expect(relabelingOf(rule).apply(series('x', { a: '1' }))).toBeUndefined()
})

test.each<[string, SeriesOptions, string, string, string]>([
  ['with its suffix stays a part', { role: 'bucket', kind: 'histogram' }, 'y_bucket', 'bucket', 'y'],
  ['without it stands for itself', { role: 'bucket', kind: 'histogram' }, 'y', 'none', 'y'],
])('a part of a histogram, seen by its own name, %s', (_, options, target, role, family) => {
  const relabeling = relabelingOf({
    if: 'x_bucket{le="1"}',
    target_label: '__name__',
    replacement: target,
  })
  const part = relabeling.apply(series('x', { le: '1' }, options))
  expect([part?.role, part?.metric.name]).toEqual([role, family])
})

test('a mistake in a rule is found at its place', () => {
  const bad = { ...standard, target_label: 'a', regex: '(' }
  expect(() => relabel.validate?.({ relabel_configs: [bad] })).toThrowError(
    expect.objectContaining({ path: ['relabel_configs', 0, 'regex'] }),
  )
})

/** The stage of a pipeline that relabels, and what it hands on. */
function stageOf(...rules: RelabelOptions[]) {
  const context = testContext()
  const processor = relabel.create(configOf(...rules), context)
  if (!('mapSeries' in processor)) throw new Error('relabel maps series')
  return { context, stage: new SeriesStage(processor, context.next, context.ledger, context.logger) }
}

test('in a pipeline, dropped points and collisions are counted, and values go untouched', () => {
  const { context, stage } = stageOf(
    { action: 'drop', source_labels: ['state'], regex: 'idle' },
    { action: 'labeldrop', regex: 'cpu' },
  )
  const table = new SlotTable(new Source('test', ''))
  const rows = [
    ['user', '0'],
    ['user', '1'],
    ['idle', '0'],
    ['idle', '1'],
    ['nice', '1'],
  ] as const
  for (const [state, cpu] of rows) table.add(series('cpu', { state, cpu }))
  const values = Float64Array.of(1, 2, 3, 4, 5)
  stage.consume([new Batch(table.commit(), { time: 1_700_000_000_000, values })])
  expect(context.next.batches[0]?.values).toBe(values)
  expect(context.next.take().map(({ attributes, value }) => [attributes['state'], value])).toEqual([
    ['user', 1],
    ['nice', 5],
  ])
  expect(Object.fromEntries(context.ledger.dropped)).toEqual({ relabel_dropped: 2, duplicate_series: 1 })
})

test('through churn of series nothing is left behind, whatever the rules do', () => {
  const rule = fc.constantFrom<RelabelOptions[]>(
    { action: 'labeldrop', regex: 'b' },
    { action: 'labelmap', regex: '(a|b)', replacement: 'c_$1' },
    { source_labels: ['a'], target_label: '__name__', regex: '(1)', replacement: 'renamed_$1' },
    { action: 'drop', source_labels: ['a', 'b'], regex: '2;.*' },
    { source_labels: ['__name__', 'b'], target_label: 'd' },
  )
  const one = fc.record({ name: fc.constantFrom('x', 'y'), a: fc.constantFrom('1', '2', '3'), b: fc.nat(3) })
  const before = internedSets()
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 3 }),
      fc.array(fc.array(one, { maxLength: 6 }), { maxLength: 5 }),
      (rules, cycles) => {
        const { context, stage } = stageOf(...rules)
        const source = new Source('test', '')
        const table = new SlotTable(source)
        let slots: number[] = []
        for (const cycle of cycles) {
          for (const slot of slots) table.remove(slot)
          const unique = new Map(cycle.map((each) => [JSON.stringify(each), each]))
          slots = [...unique.values()].map(({ name, a, b }) => table.add(series(name, { a, b: String(b) })))
          const layout = table.commit()
          stage.consume([new Batch(layout, { time: 1, values: new Float64Array(layout.series.length) })])
          const seen = context.next.take().map(({ name, attributes }) => JSON.stringify([name, attributes]))
          expect(new Set(seen).size).toBe(seen.length)
        }
        for (const slot of slots) table.remove(slot)
        table.commit()
        stage.forget(source)
        expect(internedSets()).toEqual(before)
      },
    ),
  )
})

test('rules are complete with what the schema fills in', () => {
  expect(completeRule({ target_label: 'a' })).toEqual(completeRule({ ...standard, target_label: 'a' }))
})

test('every example in the table of actions is a rule', async () => {
  const text = await readFile(new URL('README.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^\| `([a-z_]+)` \| .* \| `(\{.*\})` \|$/gm)]
  expect(examples.map(([, action]) => action)).toEqual(actionNames)
  for (const [, , example = ''] of examples) {
    const rule: unknown = parse(example.replaceAll('\\|', '|'))
    expect(() => compileRules(configOf(rule as RelabelOptions))).not.toThrow()
  }
})
