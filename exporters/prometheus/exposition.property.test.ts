import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { attributeText } from '#src/attributes/attribute-text.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import { Batch } from '#src/model/batch.ts'
import { parseBound } from '#src/model/classic-parts.ts'
import { sameSeries, type Series } from '#src/model/series.ts'
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
        // A set knows no -0.
        const bounds = named('x_bucket').map(({ labels }) => (parseBound(labels.get('le')) ?? Number.NaN) + 0)
        expect(bounds).toEqual([...new Set(bounds)].toSorted((a, b) => a - b))
        expect(bounds.at(-1)).toBe(point.kind === 'summary' ? undefined : Infinity)
      }
    }),
    { numRuns: 300 },
  )
})

/** A source that changes, and what of it ought to be shown. */
class Target {
  readonly id: number
  source: Source
  shown = new Map<string, { readonly value: number; readonly time: number }>()
  #table: SlotTable
  readonly #live = new Map<number, Series>()

  constructor(id: number) {
    this.id = id
    this.source = new Source('test', `${id}`)
    this.#table = new SlotTable(this.source)
  }

  add(added: Series): void {
    if (![...this.#live.values()].some((each) => sameSeries(each, added)))
      this.#live.set(this.#table.add(added), added)
  }

  remove(index: number): void {
    const slot = [...this.#live.keys()][index]
    if (slot === undefined) return
    this.#table.remove(slot)
    this.#live.delete(slot)
  }

  emit(time: number, value: number): Batch {
    this.shown = new Map([...this.#live.values()].map((each) => [modelKey(each), { value, time }]))
    const layout = this.#table.commit()
    return new Batch(layout, { time, values: new Float64Array(layout.series.length).fill(value) })
  }

  /** Ends, and begins anew as another source of the same id. */
  renew(): void {
    this.shown.clear()
    this.#live.clear()
    this.#table.dispose()
    this.source = new Source('test', `${this.id}`)
    this.#table = new SlotTable(this.source)
  }
}

function modelKey({ name, attributes }: Series): string {
  const labels = [...attributes].flatMap(([key, text]): [string, string][] =>
    text === '' ? [] : [[key, attributeText(text)]],
  )
  return keyOf(name, labels)
}

/** Single lines and parts of a histogram; those with `n` 0 are the same in all sources. */
function someSeries(which: number, n: number, source: number): Series {
  const attributes = { s: n === 0 ? '' : `${source}`, n: `${n}` }
  if (which < 3) return series(`m${which}`, attributes)
  if (which === 3) return series('h', attributes, { kind: 'histogram', role: 'count' })
  return series('h', { ...attributes, le: `${which}` }, { kind: 'histogram', role: 'bucket' })
}

test('after any changes the exposition is that of the sources as they are now', async () => {
  const source = fc.nat(3)
  const change = fc.oneof(
    fc.record({ act: fc.constant('add' as const), source, which: fc.nat(6), n: fc.nat(4) }),
    fc.record({ act: fc.constant('remove' as const), source, index: fc.nat(9) }),
    fc.record({ act: fc.constant('emit' as const), source, value: fc.nat(99) }),
    fc.record({ act: fc.constant('scrape' as const), source }),
    fc.record({ act: fc.constant('forget' as const), source }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 80 }), async (changes) => {
      const { take, text, exposition } = testExposition()
      const targets = [new Target(0), new Target(1), new Target(2), new Target(3)]
      for (const [time, step] of changes.entries()) {
        const target = targets[step.source] ?? new Target(-1)
        if (step.act === 'add') target.add(someSeries(step.which, step.n, step.source))
        else if (step.act === 'remove') target.remove(step.index)
        else if (step.act === 'emit') take(target.emit(time, step.value))
        else if (step.act === 'scrape') await text()
        else {
          exposition.forget(target.source)
          target.renew()
        }
      }
      const expected = new Map<string, { readonly value: number; readonly time: number }>()
      for (const { shown } of targets) {
        for (const [key, sample] of shown) {
          if ((expected.get(key)?.time ?? -1) < sample.time) expected.set(key, sample)
        }
      }
      for (const accept of [undefined, openMetricsAccept, 'text/plain;escaping=dots']) {
        const { samples } = readExposition((await text(accept)).replaceAll('.0"', '"'))
        const found = samples.map((sample): [string, number] => [
          keyOf(sample.name, sample.labels),
          sample.value,
        ])
        expect(inOrder(found)).toEqual(inOrder([...expected].map(([key, { value: shown }]) => [key, shown])))
      }
      for (const target of targets) target.renew()
    }),
    { numRuns: 300 },
  )
})

test('thousands of cycles with other series leave nothing behind', async () => {
  const { take, text, exposition } = testExposition()
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const before = internedSets()
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
  expect(internedSets()).toEqual(before)
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
