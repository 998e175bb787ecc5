import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attributeText } from '#src/attributes/attribute-text.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, flag, staleBatch, type Exemplar } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { Intake } from '#src/queue/intake.ts'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import { EncodedBatches } from '#src/testing/encoded-batches.ts'
import { staleBits, unsnap, type ReadSeries } from '#src/testing/remote-write.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { unitSeries } from './unit.ts'

const versions = ['1.0', '2.0'] as const
const scraped = makeScope(makeResource([], { derived: true }))

/** A series as its labels and its sample, in one text. */
function shown({ pairs, samples }: ReadSeries): string {
  const labels = pairs.flatMap((each, index) => (index % 2 === 0 ? [`${each}=${pairs[index + 1]}`] : []))
  return `${labels.join(',')} ${samples.map(({ bits, time }) => `${bits}@${time}`).join(' ')}`
}

function bitsOf(value: number): string {
  if (Number.isNaN(value)) return '7ff8000000000001'
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

/** The bits, and the time, of the first sample of each series. */
function bits(read: readonly ReadSeries[]): (string | undefined)[] {
  return read.map(({ samples: [sample] }) => sample?.bits)
}

function times(read: readonly ReadSeries[]): (number | undefined)[] {
  return read.map(({ samples: [sample] }) => sample?.time)
}

const text = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'long '.repeat(60), 'ü', '𐍈', '\n"'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
)
const name = fc.constantFrom('A', 'a', 'b', 'instance', 'job', 'z', '__meta', 'ä')
const row = fc.record({
  name: fc.constantFrom('up', 'requests_total', 'x'),
  labels: fc.dictionary(name, text, { maxKeys: 4 }),
})
const value = fc.oneof(fc.double(), fc.constantFrom(0, -0, Infinity, -Infinity, Number.NaN))
/** What a cycle does: how many rows are replaced, and what the batch is like. */
const cycle = fc.record({
  remove: fc.array(fc.nat(), { maxLength: 4 }),
  add: fc.array(row, { maxLength: 6 }),
  values: fc.infiniteStream(value),
  timeStep: fc.integer({ min: 1, max: 100_000 }),
  sparse: fc.boolean(),
  stale: fc.array(fc.nat(), { maxLength: 2 }),
  ownTimes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: -5, max: 2 ** 45 })), { maxLength: 2 }),
})

test.each(versions)('whatever a source says arrives as it was, through churn, by %s', (version) => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 40 }),
      fc.array(cycle, { maxLength: 6 }),
      fc.nat(3),
      (rows, cycles, spread) => {
        const sut = new EncodedBatches({
          version,
          shards: 1 + spread,
          limits: { maxSamples: 16 },
          settings: { translation: { suffixes: false, utf8: true, namespace: '' } },
        })
        const source = new Source('test', '')
        const table = new SlotTable(source)
        const metrics = new Map(
          ['up', 'requests_total', 'x'].map((each) => [
            each,
            new Metric(each, makeDescriptor({ kind: 'gauge', description: `what ${each} is` }), scraped),
          ]),
        )
        const live = new Map<string, number>()
        const add = (each: { name: string; labels: Record<string, string> }): void => {
          const metric = metrics.get(each.name)
          const attributes = internAttributes(Object.entries(each.labels).flat())
          const key = JSON.stringify([each.name, attributes.entries])
          if (metric === undefined || live.has(key)) return
          live.set(key, table.add(new Series(metric, attributes)))
        }
        for (const each of rows) add(each)
        let time = 1_700_000_000_000
        for (const { remove, add: more, values: stream, timeStep, sparse, stale, ownTimes } of cycles) {
          for (const each of remove) {
            const [key, slot] = [...live][each % Math.max(1, live.size)] ?? []
            if (key === undefined || slot === undefined) continue
            live.delete(key)
            table.remove(slot)
          }
          for (const each of more) add(each)
          const layout = table.commit()
          const { length } = layout.series
          time += timeStep
          const values = Float64Array.from({ length }, () => stream.next().value as number)
          const flags = new Uint8Array(length)
          const times = new Float64Array(length).fill(Number.NaN)
          for (const each of stale) if (length > 0) flags[each % length] = flag.stale
          for (const [each, own] of ownTimes) if (length > 0) times[each % length] = own
          const slots = sparse ? layout.live.filter((slot) => slot % 2 === 0) : undefined
          const batch = new Batch(layout, { time, values, flags, times, ...(slots && { slots }) })
          const expected = [...batch.walk].flatMap((slot) => {
            const each = layout.series[slot]
            if (each === undefined) return []
            const pairs = [...each.attributes]
              .concat([['__name__', each.metric.name]])
              .map(([key, each]) => [key, attributeText(each)])
            const sorted = pairs.toSorted(([a = ''], [b = '']) =>
              Buffer.compare(Buffer.from(a), Buffer.from(b)),
            )
            const bits = batch.isStale(slot) ? staleBits : bitsOf(values[slot] ?? 0)
            return [`${sorted.map((pair) => pair.join('=')).join(',')} ${bits}@${batch.timeAt(slot)}`]
          })
          expect(sut.encode(batch).map(shown).toSorted()).toEqual(expected.toSorted())
        }
        sut.encoder.forget(source)
        expect(sut.labels()).toBe(0)
      },
    ),
    { numRuns: 150 },
  )
})

/** A batch over series m0, m1, ... of a table, by their slots. */
function manySeries(
  count: number,
  labels = (index: number): Record<string, string> => ({ n: String(index) }),
) {
  return Array.from({ length: count }, (_, index) =>
    series('m', labels(index), { kind: 'sum', monotonic: true }),
  )
}

test.each(versions)('what is patched is what would be encoded anew, by %s', (version) => {
  const layout = layoutOf(manySeries(3 * unitSeries))
  const batch = (time: number, factor: number): Batch =>
    new Batch(layout, {
      time,
      startTime: 1000,
      values: Float64Array.from(layout.series, (_, slot) => slot * factor),
    })
  const patched = new EncodedBatches({ version })
  patched.encode(batch(1_700_000_000_000, 1))
  patched.encode(batch(1_700_000_015_000, 2))
  const anew = new EncodedBatches({ version })
  anew.encode(batch(1_700_000_015_000, 2))
  expect(patched.requests.at(-1)?.body).toEqual(anew.requests.at(-1)?.body)
})

test.each(versions)('a time whose varint has another length is no patch, by %s', (version) => {
  const layout = layoutOf(manySeries(3))
  const sut = new EncodedBatches({ version })
  for (const time of [1_700_000_000_000, 5, -1, 2 ** 45, 0, 1_700_000_000_001]) {
    const all = sut.encode(new Batch(layout, { time, values: Float64Array.of(1, 2, 3) }))
    expect(all.map(({ samples: [sample] }) => sample?.time)).toEqual([time, time, time])
  }
})

test.each(versions)('no request is larger than allowed, by %s', (version) => {
  const sut = new EncodedBatches({ version, limits: { maxBytes: 40_000, maxSamples: 600 } })
  sut.encode(batchOf(manySeries(5000).map((each) => [each, 1])))
  expect(sut.requests.length).toBeGreaterThan(8)
  for (const { body, read } of sut.requests) {
    expect(read.series.length).toBeLessThanOrEqual(600)
    expect(unsnap(body).length).toBeLessThanOrEqual(40_000)
  }
  expect(sut.requests.reduce((sum, { samples }) => sum + samples, 0)).toBe(5000)
})

test.each(versions)('a series larger than a request goes alone, by %s', (version) => {
  const huge = 'x'.repeat(100_000)
  const sut = new EncodedBatches({ version, limits: { maxBytes: 50_000 } })
  const all = sut.encode(
    batchOf([
      [series('a', { huge: `${huge}1` }), 1],
      [series('a', { huge: `${huge}2` }), 2],
      [series('a', { small: 's' }), 3],
    ]),
  )
  expect(all.map(({ labels }) => (labels['huge'] ?? '').length)).toEqual([100_001, 100_001, 0])
  expect(sut.requests.length).toBeGreaterThanOrEqual(2)
})

test.each(versions)('labels that are far from where they were written last arrive, by %s', (version) => {
  const huge = Array.from({ length: 5 }, (_, index) => String.fromCodePoint(97 + index).repeat(40_000))
  const sut = new EncodedBatches({ version })
  const all = sut.encode(batchOf(huge.map((each, index) => [series('m', { big: each, job: 'same' }), index])))
  expect(
    all.map(({ labels, samples: [sample] }) => [labels['big'], labels['job'], sample?.value, sample?.time]),
  ).toEqual(huge.map((each, index) => [each, 'same', index, 1_700_000_000_000]))
})

test.each(versions)('series of one source keep their shard, whatever comes and goes, by %s', (version) => {
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const slots = manySeries(41_000).map((each) => table.add(each))
  const sut = new EncodedBatches({ version, shards: 5 })
  const shardOf = new Map<string, number>()
  for (let round = 0; round < 2; round++) {
    const layout = table.commit()
    sut.requests.length = 0
    sut.encode(
      new Batch(layout, { time: 1_700_000_000_000 + round, values: new Float64Array(layout.series.length) }),
    )
    for (const { shard, read } of sut.requests) {
      for (const { labels } of read.series) {
        const key = labels['n'] ?? ''
        expect(shardOf.get(key) ?? shard).toBe(shard)
        shardOf.set(key, shard)
      }
    }
    for (let index = round; index < slots.length; index += 7) {
      const slot = slots[index]
      if (slot === undefined) continue
      table.remove(slot)
      slots[index] = table.add(series('m', { n: String(index) }, { kind: 'sum', monotonic: true }))
    }
  }
  expect(new Set(shardOf.values()).size).toBe(3)
})

test('units that lose most of their series are joined, and empty ones go', () => {
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const slots = manySeries(10 * unitSeries).map((each) => table.add(each))
  const sut = new EncodedBatches()
  const values = new Float64Array(slots.length)
  sut.encode(new Batch(table.commit(), { time: 1, values }))
  const before = sut.requests.at(-1)?.body.length ?? 0
  for (const [index, slot] of slots.entries()) if (index % 16 !== 0) table.remove(slot)
  const all = sut.encode(new Batch(table.commit(), { time: 2, values }))
  expect(all.map(({ labels }) => Number(labels['n'])).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: slots.length / 16 }, (_, index) => 16 * index),
  )
  // As if they had been together from the beginning: about as many bytes each.
  expect((sut.requests.at(-1)?.body.length ?? 0) / all.length).toBeLessThan((before / slots.length) * 1.1)
})

test('of series with one name and labels the first is written; the next takes its place when it goes', () => {
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const [first, , third] = ['x', 'y', 'z'].map((each) => table.add(series('m', { gone: each, stays: '1' })))
  const sut = new EncodedBatches({ relabeling: compileRelabeling([{ action: 'labeldrop', regex: 'gone' }]) })
  const encoded = (): (number | undefined)[] => {
    const layout = table.commit()
    return sut
      .encode(new Batch(layout, { time: 1, values: Float64Array.of(10, 20, 30) }))
      .map(({ samples: [sample] }) => sample?.value)
  }
  expect(encoded()).toEqual([10])
  expect(sut.dropped).toEqual({ duplicate_series: 2 })
  table.remove(third ?? 0)
  table.remove(first ?? 0)
  expect(encoded()).toEqual([20])
  expect(sut.dropped).toEqual({ duplicate_series: 2 })
})

test('one that waits for the place of another may go first, or with it', () => {
  const source = new Source('test', '')
  const table = new SlotTable(source)
  const add = (each: string): number => table.add(series('m', { gone: each }))
  const sut = new EncodedBatches({ relabeling: compileRelabeling([{ action: 'labeldrop', regex: 'gone' }]) })
  const encoded = (): (number | undefined)[] => {
    const layout = table.commit()
    const values = Float64Array.from(layout.series, (_, slot) => slot)
    return sut.encode(new Batch(layout, { time: 1, values })).map(({ samples: [sample] }) => sample?.value)
  }
  const [a, b] = [add('a'), add('b')]
  expect(encoded()).toEqual([a])
  table.remove(b)
  expect(encoded()).toEqual([a])
  const c = add('c')
  expect(encoded()).toEqual([a])
  table.remove(a)
  table.remove(c)
  const d = add('d')
  expect(encoded()).toEqual([d])
})

test('what relabeling drops is counted, and delta sums are', () => {
  const sut = new EncodedBatches({
    relabeling: compileRelabeling([{ action: 'drop', source_labels: ['a'], regex: '1' }]),
  })
  const batch = batchOf([
    [series('m', { a: '1' }), 1],
    [series('m', { a: '2' }), 2],
    [series('d', {}, { kind: 'sum', temporality: 'delta', monotonic: true }), 3],
  ])
  expect(sut.encode(batch).map(({ labels }) => labels)).toEqual([{ __name__: 'm', a: '2' }])
  expect(sut.encode(batch.withSlots(Int32Array.of(0, 2)))).toEqual([])
  expect(sut.dropped).toEqual({ relabel_dropped: 2, delta_temporality: 2 })
})

test('external labels are seen by rules, and labels that begin with two underscores are gone afterwards', () => {
  const sut = new EncodedBatches({
    settings: { constLabels: { cluster: 'eu', a: 'outer' } },
    relabeling: compileRelabeling([
      { source_labels: ['cluster', 'a'], target_label: 'both' },
      { source_labels: ['both'], target_label: '__tmp' },
      { source_labels: ['__name__'], target_label: '__name__', replacement: 'new_$1' },
    ]),
  })
  expect(sut.encode(batchOf([[series('m', { a: 'own' }), 1]])).map(({ labels }) => labels)).toEqual([
    { __name__: 'new_m', a: 'own', both: 'eu;own', cluster: 'eu' },
  ])
})

test('stale slots get the marker by its bits, in a batch of their own and among others', () => {
  const sut = new EncodedBatches()
  const batch = batchOf([
    [series('a'), 1],
    [series('b'), 2],
  ])
  expect(bits(sut.encode(staleBatch(batch.layout, Int32Array.of(1), 5)))).toEqual([staleBits])
  const flags = Uint8Array.of(flag.stale, flag.integer)
  expect(bits(sut.encode(new Batch(batch.layout, { time: 6, values: batch.values, flags })))).toEqual([
    staleBits,
    bitsOf(2),
  ])
  // A value that has the marker's bits, and no flag, is a NaN as any other.
  const pretender = new Float64Array(2)
  new BigUint64Array(pretender.buffer).fill(0x7ff0000000000002n)
  for (const time of [7, 8])
    expect(bits(sut.encode(new Batch(batch.layout, { time, values: pretender })))).toEqual([
      '7ff8000000000001',
      '7ff8000000000001',
    ])
})

test('times in nanoseconds and between milliseconds are whole milliseconds', () => {
  const sut = new EncodedBatches()
  const layout = layoutOf([series('a'), series('b')])
  const values = Float64Array.of(1, 2)
  expect(times(sut.encode(new Batch(layout, { time: 1.9, values })))).toEqual([1, 1])
  const timesNano = BigInt64Array.of(1_999_999n, 5_000_000n)
  expect(times(sut.encode(new Batch(layout, { time: 0, values, timesNano })))).toEqual([1, 5])
})

const exemplar = (
  slot: number,
  more: Partial<Exemplar> & { readonly labels?: Record<string, string> } = {},
): Exemplar => ({
  slot,
  value: 0.5,
  time: 900,
  attributes: internAttributes(Object.entries(more.labels ?? { trace_id: 'abc' }).flat()),
  ...more,
})

test.each(versions)('exemplars go with their samples, in the order of their times, by %s', (version) => {
  const sut = new EncodedBatches({ version })
  const layout = layoutOf([series('a', {}, { kind: 'sum', monotonic: true }), series('b')])
  const exemplars = [
    exemplar(0, { time: 950, value: 2n }),
    exemplar(0, { time: 900_000_000n, labels: { span_id: 'def', 'k.x': 'v' } }),
    exemplar(1, { time: 0 }),
    exemplar(1, { labels: { trace_id: 't', long: 'x'.repeat(129) } }),
    exemplar(1, { labels: { trace_id: 'x'.repeat(129) } }),
  ]
  const batch = new Batch(layout, { time: 1000, values: Float64Array.of(1, 2), exemplars })
  const read = sut.encode(batch).map((each) => each.exemplars)
  expect(read).toEqual([
    [
      { labels: { span_id: 'def', k_x: 'v' }, value: 0.5, time: 900 },
      { labels: { trace_id: 'abc' }, value: 2, time: 950 },
    ],
    [
      { labels: { trace_id: 't' }, value: 0.5, time: 900 },
      { labels: { trace_id: 'abc' }, value: 0.5, time: 1000 },
    ],
  ])
  // They are not sent again with the next sample.
  expect(
    sut
      .encode(new Batch(layout, { time: 2000, values: Float64Array.of(1, 2) }))
      .map((each) => each.exemplars),
  ).toEqual([[], []])
})

test('2.0 says since when counters count, and what is said of their metric', () => {
  const sut = new EncodedBatches({ version: '2.0' })
  const described = { description: 'Bytes that were read.', unit: 'By' }
  const layout = layoutOf([
    series('read', {}, { kind: 'sum', monotonic: true, ...described }),
    series('queue', {}, { kind: 'gauge' }),
    series('late', {}, { kind: 'sum', monotonic: true }),
    series('level', {}, { kind: 'sum', monotonic: false }),
  ])
  const values = new Float64Array(4)
  const starts = (startTimes: Float64Array): unknown =>
    sut
      .encode(new Batch(layout, { time: 1_700_000_000_000, values, startTime: 1, startTimes }))
      .map(({ samples: [sample] }) => sample?.startTime)
  expect(starts(Float64Array.of(1_600_000_000_000, 5, 1_800_000_000_000, 7))).toEqual([
    1_600_000_000_000, 0, 0, 0,
  ])
  expect(starts(Float64Array.of(1_600_000_000_000, 5, 1_650_000_000_000, 7))).toEqual([
    1_600_000_000_000, 0, 1_650_000_000_000, 0,
  ])
  const [read, queue] = sut.requests.at(-1)?.read.series ?? []
  expect(read?.metadata).toMatchObject({ type: 1, help: described.description, unit: 'bytes' })
  expect(queue?.metadata).toMatchObject({ type: 2, help: '', unit: '' })
})

test('an edited help is in the next request of 2.0', () => {
  const sut = new EncodedBatches({ version: '2.0' })
  const all = manySeries(2)
  const batch = batchOf(all.map((each) => [each, 1]))
  sut.encode(batch)
  for (const { metric } of all) metric.descriptor.description = 'another'
  expect(sut.encode(batch).map(({ metadata }) => metadata?.help)).toEqual(['another', 'another'])
})

test('each symbol is in the table of a 2.0 request once, the empty one first', () => {
  const sut = new EncodedBatches({ version: '2.0', limits: { maxSamples: 500 } })
  const layout = layoutOf(
    manySeries(2000, (index) => ({ n: String(index), job: 'm', half: index % 2 === 0 ? 'n' : '' })),
  )
  const values = new Float64Array(2000)
  for (const time of [1, 2, 3]) sut.encode(new Batch(layout, { time, values }))
  for (const { read } of sut.requests) {
    expect(read.symbols[0]).toBe('')
    expect(new Set(read.symbols).size).toBe(read.symbols.length)
  }
})

test.each(versions)(
  'of many units, only those in which a series came or went are written anew, by %s',
  (version) => {
    const sut = new EncodedBatches({ version, limits: { maxSamples: 5 * unitSeries } })
    const table = new SlotTable(new Source('test', ''))
    const add = (name: string): number => table.add(series('m', { name }, { description: 'help' }))
    const slots = Array.from({ length: 20 * unitSeries }, (_, index) => add(`${index}`))
    const encode = (time: number): number => {
      const before = sut.written
      const layout = table.commit()
      const values = new Float64Array(layout.series.length)
      expect(sut.encode(new Batch(layout, { time, values }))).toHaveLength(slots.length)
      return (sut.written - before) / unitSeries
    }
    expect(encode(1)).toBe(20)
    expect(encode(2)).toBe(0)
    const requests = sut.requests.length / 2
    for (let cycle = 0; cycle < 5; cycle++) {
      // One in the third request of four, and the unit that new ones come to.
      table.remove(slots[12 * unitSeries + cycle] ?? 0)
      slots[12 * unitSeries + cycle] = add(`new ${cycle}`)
      expect(encode(cycle + 3)).toBeLessThan(4)
    }
    expect(sut.requests.length).toBeLessThanOrEqual(7 * (requests + 1))
  },
)

/** How some sources are encoded in a cycle: which of them, in which order, and after which of them requests are finished. */
const turn = fc.record({
  order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 }),
  flushAfter: fc.array(fc.nat(4), { maxLength: 2 }),
  replace: fc.array(fc.tuple(fc.nat(4), fc.nat(100), text), { maxLength: 6 }),
  describe: fc.option(text, { freq: 5 }),
})

test('however sources share requests of 2.0, all arrives as it was', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 2, maxLength: 12 }), (turns) => {
      const sut = new EncodedBatches({ version: '2.0', shards: 2, limits: { maxSamples: 150 } })
      const metric = new Metric('m', makeDescriptor({ kind: 'gauge', description: 'first' }), scraped)
      const sources = Array.from({ length: 5 }, (_, source) => {
        const table = new SlotTable(new Source('test', `${source}`))
        const texts = Array.from({ length: 20 * source + 1 }, (_, index) => `${source} ${index}`)
        const add = (each: string): number => table.add(new Series(metric, internAttributes(['text', each])))
        return { table, texts, add, slots: texts.map(add) }
      })
      let time = 1_700_000_000_000
      for (const { order, flushAfter, replace, describe } of turns) {
        if (describe !== null) metric.descriptor.description = describe
        time += 1000
        for (const [which, at, other] of replace) {
          const { table, texts, slots, add } = sources[which] ?? {}
          const index = at % (texts?.length ?? 1)
          if (texts?.some((each) => each === `${which} ${other}`) !== false) continue
          table?.remove(slots?.[index] ?? 0)
          texts[index] = `${which} ${other}`
          if (slots !== undefined) slots[index] = add?.(`${which} ${other}`) ?? 0
        }
        const first = sut.requests.length
        for (const [place, which] of order.entries()) {
          const layout = sources[which]?.table.commit()
          if (layout === undefined) continue
          const values = Float64Array.from({ length: layout.series.length }, (_, slot) => slot + time)
          const intake = new Intake(layout.size, sut.ledger, undefined)
          for (const _ of sut.encoder.encode(new Batch(layout, { time, values }), intake));
          if (flushAfter.includes(place)) sut.flush()
        }
        sut.flush()
        const requests = sut.requests.slice(first).map(({ read }) => read)
        const read = requests.flatMap(({ series: all }) => all)
        expect(read.map(({ labels }) => labels['text'] ?? '').toSorted()).toEqual(
          order.flatMap((which) => sources[which]?.texts ?? []).toSorted(),
        )
        for (const { labels, samples, metadata } of read) {
          const [number] = labels['text']?.split(' ') ?? []
          const { texts, slots } = sources[Number(number)] ?? {}
          const slot = slots?.[texts?.indexOf(labels['text'] ?? '') ?? -1] ?? -1
          expect([labels['__name__'], samples]).toMatchObject(['m', [{ value: slot + time, time }]])
          expect(metadata?.help).toBe(metric.descriptor.description)
        }
        for (const { symbols } of requests) expect(new Set(symbols).size).toBe(symbols.length)
      }
      for (const { table } of sources) sut.encoder.forget(table.layout.source)
      expect(sut.labels()).toBe(0)
    }),
    { numRuns: 25 },
  )
})

test('a text that is freed while a request is filled is not taken for the one that has its number then', () => {
  const sut = new EncodedBatches({ version: '2.0' })
  const table = new SlotTable(new Source('test', ''))
  const read: string[] = []
  for (let round = 0; round < 20; round++) {
    const slot = table.add(series(`metric_${round}`, { value: `v${round}` }))
    const batch = new Batch(table.commit(), { time: round + 1, values: new Float64Array(8) })
    for (const _ of sut.encoder.encode(batch, new Intake(batch.size, sut.ledger, undefined)));
    table.remove(slot)
    read.push(`metric_${round} v${round}`)
  }
  sut.flush()
  expect(
    sut.requests.flatMap(({ read: { series: all } }) =>
      all.map(({ labels }) => `${labels['__name__']} ${labels['value']}`),
    ),
  ).toEqual(read)
})

const host = makeScope(makeResource(['service.name', 'shop', 'service.instance.id', 'i1', 'zone', 'eu']))

test('a resource is listed once a minute, whichever source says it, and ends when none has it', () => {
  const sut = new EncodedBatches({ targetInfo: true, shards: 3 })
  const tables = ['cpu', 'memory'].map((part) => new SlotTable(new Source('host', part)))
  const slots = tables.map((table) => table.add(series('m', {}, { scope: host })))
  const infos = (time: number): string[] => {
    const batches = tables.map((table) => new Batch(table.commit(), { time, values: new Float64Array(2) }))
    return sut
      .encode(...batches)
      .filter(({ labels }) => labels['__name__'] === 'target_info')
      .map(({ labels, samples: [sample] }) => `${JSON.stringify(labels)} ${sample?.bits} ${sample?.time}`)
  }
  const labels = '{"__name__":"target_info","instance":"i1","job":"shop","zone":"eu"}'
  expect(infos(1_000_000)).toEqual([`${labels} ${bitsOf(1)} 1000000`])
  expect(infos(1_059_999)).toEqual([])
  expect(infos(1_060_000)).toEqual([`${labels} ${bitsOf(1)} 1060000`])
  for (const [index, table] of tables.entries()) {
    table.remove(slots[index] ?? 0)
    table.add(series('m', {}, { scope: scraped }))
  }
  expect(infos(1_070_000)).toEqual([`${labels} ${staleBits} 1070000`])
  expect(infos(1_200_000)).toEqual([])
})

test('a source that is forgotten gives all back', () => {
  for (const version of versions) {
    const sut = new EncodedBatches({ version, targetInfo: true })
    const batch = batchOf(
      [
        [series('a', { x: '1' }, { scope: host, description: 'help' }), 1],
        [series('h', { x: '1' }, { scope: host, kind: 'histogram' }), 0],
      ],
      {
        points: [
          undefined,
          {
            kind: 'histogram',
            count: 1,
            sum: 1,
            min: undefined,
            max: undefined,
            bounds: [1],
            counts: [1, 0],
          },
        ],
      },
    )
    sut.encode(batch)
    expect(sut.labels()).toBeGreaterThan(5)
    sut.encoder.forget(batch.layout.source)
    expect(sut.labels()).toBe(0)
  }
})
