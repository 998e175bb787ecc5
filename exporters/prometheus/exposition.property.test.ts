import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { internedCounts } from '#src/model/attribute-set.ts'
import { Batch } from '#src/model/batch.ts'
import { parseBound } from '#src/model/classic-parts.ts'
import type { Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { pointArbitrary } from '#src/testing/points.ts'
import { readExposition, type ReadSample } from '#src/testing/prometheus-text.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { openMetricsAccept, testExposition } from './test-exporter.ts'

const label = fc.oneof(
  fc.constantFrom('a', 'b.c', 'b_c', '__proto__', 'constructor', '__name__', 'le', 'ä', ''),
  fc.string(),
)
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '\\n', '\ud800', '\0', ''),
)
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 2 ** 60),
)
const metric = fc.record({
  name: fc.constantFrom('x', 'y.z', 'ö', 'x_total', 'x_count', '0'),
  labels: fc.dictionary(label, value, { maxKeys: 3 }),
  kind: fc.constantFrom('gauge', 'sum', 'unknown', 'info', 'stateset'),
  monotonic: fc.boolean(),
  unit: fc.constantFrom('', 's', 'By/s', '1', '{x}'),
  description: fc.string(),
})

/** A series, as an exposition and the model have it both. */
function keyOf(name: string, labels: Iterable<readonly [string, string]>): string {
  return JSON.stringify([name, inOrder(labels)])
}

function inOrder<Item>(items: Iterable<Item>): Item[] {
  return [...items].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function wellFormed(text: string): string {
  return text.toWellFormed()
}

test.each(['text/plain;escaping=allow-utf-8', openMetricsAccept])(
  'what is written reads back as the series and values that were taken: %s',
  async (accept) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(metric, number), { maxLength: 20 }), async (rows) => {
        const { take, text, context } = testExposition({ translation_strategy: 'NoTranslation' })
        const expected = new Map<string, number>()
        const batch = batchOf(
          rows.map(
            ([{ name, labels, ...descriptor }, each]) => [series(name, labels, descriptor), each] as const,
          ),
        )
        take(batch)
        const { samples } = readExposition(await text(accept))
        // The model: of equal series the first counts, and of types under one name too.
        const types = new Map<string, string>()
        for (const [{ name, labels, kind, monotonic }, each] of rows) {
          const type = kind === 'sum' ? (monotonic ? 'counter' : 'gauge') : kind
          const known = types.get(name)
          if (known === undefined || known === 'unknown') types.set(name, type)
          if (known !== undefined && known !== 'unknown' && type !== 'unknown' && known !== type) continue
          const pairs = Object.entries(labels).flatMap(([key, text]): [string, string][] => {
            const shown = key === '__name__' ? 'key__name__' : key === '' ? 'key_' : wellFormed(key)
            return text === '' ? [] : [[shown, wellFormed(text)]]
          })
          const key = keyOf(name, pairs)
          if (!expected.has(key)) expected.set(key, each)
        }
        const found = new Map(samples.map((each) => [keyOf(each.name, each.labels), each.value]))
        expect(inOrder(found)).toEqual(inOrder(expected))
        expect(context.ledger.delivered + context.ledger.dropped.total).toBe(batch.size)
        expect(context.ledger.delivered).toBe(expected.size)
      }),
      { numRuns: 300 },
    )
  },
)

test('points of any kind read back, in both formats, with cumulative buckets that end at +Inf', async () => {
  await fc.assert(
    fc.asyncProperty(pointArbitrary, async (point) => {
      const { take, text } = testExposition()
      take(batchOf([[series('x', { a: '1' }, { kind: point.kind }), 0]], { points: [point] }))
      for (const accept of [undefined, openMetricsAccept]) {
        const { samples } = readExposition(await text(accept))
        const named = (name: string): ReadSample[] => samples.filter((sample) => sample.name === name)
        expect(named('x_count').map((sample) => sample.value)).toEqual([Number(point.count)])
        expect(named('x_sum').map((sample) => sample.value)).toEqual(
          point.sum === undefined ? [] : [point.sum],
        )
        const bounds = named('x_bucket').map(({ labels }) => parseBound(labels.get('le')))
        expect(bounds).toEqual([...new Set(bounds)].toSorted((a, b) => (a ?? 0) - (b ?? 0)))
        expect(bounds.at(-1)).toBe(point.kind === 'summary' ? undefined : Infinity)
      }
    }),
    { numRuns: 300 },
  )
})

/** What a run of random changes leaves: sources come, change their series, go stale and go. */
test('after any changes the exposition is that of the sources as they are now', async () => {
  const change = fc.oneof(
    fc.record({ act: fc.constant('add' as const), source: fc.nat(3), name: fc.nat(2), n: fc.nat(5) }),
    fc.record({ act: fc.constant('remove' as const), source: fc.nat(3), index: fc.nat(9) }),
    fc.record({ act: fc.constant('emit' as const), source: fc.nat(3), value: fc.nat(99) }),
    fc.record({ act: fc.constant('scrape' as const), source: fc.constant(0) }),
    fc.record({ act: fc.constant('forget' as const), source: fc.nat(3) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 60 }), async (changes) => {
      const { take, text, exposition } = testExposition()
      const targets = Array.from({ length: 4 }, (_, id) => ({
        source: new Source('test', `${id}`),
        table: new SlotTable(new Source('test', `${id}`)),
        live: new Map<number, Series>(),
        shown: new Map<string, { value: number; time: number; id: number; slot: number }>(),
      }))
      for (const target of targets) target.table = new SlotTable(target.source)
      let time = 0
      for (const step of changes) {
        const target = targets[step.source]
        if (target === undefined) continue
        if (step.act === 'add') {
          const each = series(`m${step.name}`, { n: `${step.n}`, s: step.n === 0 ? '' : `${step.source}` })
          if (
            [...target.live.values()].every(
              (other) => other.name !== each.name || other.attributes !== each.attributes,
            )
          )
            target.live.set(target.table.add(each), each)
        } else if (step.act === 'remove') {
          const slot = [...target.live.keys()][step.index]
          if (slot !== undefined) {
            target.table.remove(slot)
            target.live.delete(slot)
          }
        } else if (step.act === 'emit') {
          const layout = target.table.commit()
          take(
            new Batch(layout, {
              time: ++time,
              values: new Float64Array(layout.series.length).fill(step.value),
            }),
          )
          target.shown = new Map(
            [...target.live].map(([slot, each]) => [
              keyOf(
                each.name,
                [...each.attributes].map(([k, v]) => [k, v as string] as const).filter(([, v]) => v !== ''),
              ),
              { value: step.value, time, id: step.source, slot },
            ]),
          )
        } else if (step.act === 'forget') {
          exposition.forget(target.source)
          target.shown.clear()
          target.live.clear()
          target.table.dispose()
          target.source = new Source('test', `${step.source}`)
          target.table = new SlotTable(target.source)
        } else {
          await text()
        }
      }
      const expected = new Map<string, { value: number; time: number }>()
      for (const { shown } of targets) {
        for (const [key, sample] of shown)
          if ((expected.get(key)?.time ?? -1) < sample.time) expected.set(key, sample)
      }
      const { samples } = readExposition(await text())
      const found = samples.map((sample): [string, number] => [
        keyOf(sample.name, sample.labels),
        sample.value,
      ])
      expect(inOrder(found)).toEqual(inOrder([...expected].map(([key, sample]) => [key, sample.value])))
      for (const { table } of targets) table.dispose()
    }),
    { numRuns: 200 },
  )
})

test('thousands of cycles with other series leave nothing behind', async () => {
  const { take, text, exposition } = testExposition()
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const before = internedCounts()
  const counts: number[] = []
  let slots: number[] = []
  for (let cycle = 0; cycle < 2000; cycle++) {
    for (const slot of slots) table.remove(slot)
    slots = [0, 1].map((n) => table.add(series(`m${cycle % 7}`, { cycle: `${cycle}`, n: `${n}` })))
    const layout = table.commit()
    take(new Batch(layout, { time: cycle, values: new Float64Array(layout.series.length).fill(cycle) }))
    if (cycle % 100 === 0) counts.push(readExposition(await text()).samples.length)
  }
  expect(new Set(counts)).toEqual(new Set([2]))
  exposition.forget(source)
  table.dispose()
  expect(await text()).toBe('')
  expect(internedCounts()).toEqual(before)
})

test("agrees with @opentelemetry/exporter-prometheus' serializer where that is right", async () => {
  const name = fc.stringMatching(/^[a-z][a-z.]{0,8}[a-z]$/)
  const rows = fc.uniqueArray(
    fc.record({
      name,
      monotonic: fc.boolean(),
      attributes: fc.dictionary(name, fc.string(), { maxKeys: 3 }),
      // It loses the sign of zero.
      value: fc.double().map((each) => each + 0),
    }),
    // It does not see that names collide, nor labels.
    {
      selector: (row) =>
        row.name
          .replaceAll('.', '_')
          .replaceAll(/_+/g, '_')
          .replace(/_total$/, ''),
      maxLength: 10,
    },
  )
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const usable = given.filter(({ attributes }) => {
        const keys = Object.keys(attributes).map((key) => key.replaceAll(/\.+/g, '_'))
        return new Set(keys).size === keys.length && Object.values(attributes).every((text) => text !== '')
      })
      const singly = usable.map((row) => ({ ...row, name: row.name.replaceAll(/\.+/g, '.') }))
      const { take, text } = testExposition()
      take(
        batchOf(
          singly.map(
            (row) =>
              [
                series(
                  row.name,
                  Object.fromEntries(
                    Object.entries(row.attributes).map(([key, each]) => [key.replaceAll(/\.+/g, '.'), each]),
                  ),
                  {
                    kind: 'sum',
                    monotonic: row.monotonic,
                  },
                ),
                row.value,
              ] as const,
          ),
        ),
      )
      expect(sampleKeys(await text())).toEqual(sampleKeys(peerText(singly)))
    }),
    { numRuns: 200 },
  )
})

function sampleKeys(exposition: string): [string, number][] {
  const { samples } = readExposition(exposition)
  return inOrder(samples.map((sample): [string, number] => [keyOf(sample.name, sample.labels), sample.value]))
}

function peerText(
  rows: readonly { name: string; monotonic: boolean; attributes: Record<string, string>; value: number }[],
): string {
  const metrics = rows.map(({ name, monotonic, attributes, value: each }) => ({
    descriptor: { name, description: '', unit: '', type: 'COUNTER', valueType: 1 },
    dataPointType: DataPointType.SUM as const,
    isMonotonic: monotonic,
    dataPoints: [{ attributes, value: each, startTime: [0, 0], endTime: [0, 0] }],
  }))
  const given = { resource: resourceFromAttributes({}), scopeMetrics: [{ scope: { name: '' }, metrics }] }
  // The serializer looks at no more than this, and ends with "# no registered metrics" where there is nothing.
  const text = new PrometheusSerializer('', false, undefined, true, true).serialize(
    given as unknown as ResourceMetrics,
  )
  return rows.length === 0 ? '' : text
}
