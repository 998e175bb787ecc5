import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { writeRequest, type WrittenSeries } from '#src/testing/remote-write-message.ts'
import { PushedSeries } from './pushed-series.ts'

const minute = 60_000

function pushedSeries(): PushedSeries {
  const limits = { series: 1_000_000, idleMs: 10 * minute, labels: 0, labelName: 0, labelValue: 0 }
  return new PushedSeries('test', limits, new Ledger(), () => undefined)
}

/** What a series brought, in order. */
type Brought = Map<string, unknown[]>

function add(to: Brought, key: string, ...values: unknown[]): void {
  to.set(key, [...(to.get(key) ?? []), ...values])
}

/** The name and the labels that have values, in any order. */
function keyOf(labels: readonly string[]): string {
  const pairs: [string, string][] = []
  for (let index = 0; index < labels.length; index += 2) {
    const [name = '', value = ''] = [labels[index], labels[index + 1]]
    if (value !== '') pairs.push([name, value])
  }
  return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function expectedOf(all: readonly WrittenSeries[], version: 1 | 2): Brought {
  const brought: Brought = new Map()
  for (const { labels, samples = [], histograms = [] } of all) {
    for (const { value, time, startTime = 0 } of samples) {
      const start = version === 2 && startTime !== 0 ? startTime : undefined
      add(brought, keyOf(labels), [value, time, start])
    }
    for (const { time, positive = {}, sum } of histograms) {
      const counts = Object.values(positive).reduce<number>((total, count) => total + Number(count), 0)
      add(brought, keyOf(labels), [sum, counts, time])
    }
  }
  return brought
}

function broughtBy(batches: readonly Batch[]): Brought {
  const brought: Brought = new Map()
  for (const batch of batches) {
    for (const slot of batch.walk) {
      const series = batch.layout.series[slot]
      if (series === undefined) continue
      const key = keyOf(['__name__', series.name, ...(series.attributes.entries as string[])])
      const point = batch.points?.[slot]
      const value = batch.isStale(slot) ? 'stale' : batch.values[slot]
      const time = batch.timeAt(slot)
      add(
        brought,
        key,
        point === undefined ? [value, time, batch.startTimeAt(slot)] : [point.sum, point.count, time],
      )
    }
  }
  return brought
}

const label = fc.tuple(
  fc.constantFrom('a', 'b', 'instance', 'job', 'le', 'Z', 'größe', '__x'),
  fc.constantFrom('', '1', 'x', '✓', 'long'.repeat(60)),
)
const labels = fc
  .tuple(
    fc.constantFrom('up', 'a_total', 'h_bucket', 'target_info', 'ü'),
    fc.uniqueArray(label, { selector: ([name]) => name, maxLength: 5 }),
  )
  .map(([name, pairs]) => ['__name__', name, ...pairs.flat()])
const time = fc.integer({ min: 0, max: 2 ** 42 })
const value = fc.oneof(fc.double(), fc.constant('stale' as const), fc.constantFrom(0, -0, 2 ** 53, 1e-310))
const series: fc.Arbitrary<WrittenSeries> = fc.record({
  labels,
  samples: fc.array(fc.record({ value, time, startTime: fc.constantFrom(0, 5, 2 ** 41) }), { maxLength: 3 }),
  metadata: fc.record({ type: fc.nat(8), help: fc.constantFrom('', 'Help.', 'Other.') }),
})
const histogram: fc.Arbitrary<WrittenSeries> = fc.record({
  labels: fc.constantFrom('whole', 'up').map((name) => ['__name__', name, 'kind', 'native']),
  histograms: fc.array(
    fc.record({
      time,
      sum: fc.integer(),
      schema: fc.constantFrom(-4, 0, 3, 8),
      positive: fc.dictionary(fc.nat(30).map(String), fc.nat(2 ** 40), { maxKeys: 5, noNullPrototype: true }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
})

const cycles = fc.array(
  fc.record({
    version: fc.constantFrom(1 as const, 2 as const),
    pause: fc.constantFrom(1000, minute, 25 * minute),
    series: fc.array(fc.oneof({ weight: 4, arbitrary: series }, histogram), { maxLength: 12 }),
    metadata: fc.array(
      fc.record({ family: fc.constantFrom('up', 'a', 'h'), type: fc.nat(7), help: fc.constantFrom('', 'x') }),
      { maxLength: 2 },
    ),
  }),
  { maxLength: 8 },
)

describe('requests that an independent encoder wrote', () => {
  test('bring every series its values and times in order, in both versions, and all memory returns', () => {
    const before = internedSets()
    fc.assert(
      fc.property(cycles, (all) => {
        const pushed = pushedSeries()
        let now = 0
        for (const { version, pause, series: written, metadata } of all) {
          now += pause
          const body = writeRequest({ series: written, metadata }, version)
          const { batches, outcome } = pushed.read(body, version, now)
          expect(outcome.whole).toBe(true)
          expect(broughtBy(batches)).toEqual(expectedOf(written, version))
        }
        pushed.sweep(now + 60 * minute)
        pushed.sweep(now + 120 * minute)
        expect([pushed.size, pushed.targets]).toEqual([0, 0])
        pushed.dispose()
        expect(internedSets()).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  test('that are broken anywhere bring nothing or what is whole, and leave no series behind', () => {
    fc.assert(
      fc.property(
        fc.array(series, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1 as const, 2 as const),
        fc.nat(),
        fc.nat(255),
        (written, version, at, byte) => {
          const pushed = pushedSeries()
          const body = writeRequest({ series: written }, version)
          body[at % Math.max(1, body.length)] = byte
          let refusal = ''
          try {
            const { batches, outcome } = pushed.read(body, version, 0)
            const points = batches.reduce((sum, { size }) => sum + size, 0)
            expect(points).toBe(outcome.written.samples + outcome.written.histograms)
          } catch (error) {
            refusal = String(error)
          }
          expect(refusal).toMatch(/^$|: expected /)
          expect(refusal !== '' && pushed.size > 0).toBe(false)
          pushed.dispose()
        },
      ),
      { numRuns: 1000 },
    )
  })
})

test('fields in another order than senders write them, and fields that are not known, change nothing', () => {
  const pushed = pushedSeries()
  const sample = Buffer.from('120b09000000000000f03f1005', 'hex')
  const name = Buffer.from('0a0e0a085f5f6e616d655f5f12027570', 'hex')
  const job = Buffer.from('0a080a036a6f6212016a', 'hex')
  const unknown = Buffer.from('7a026869a006017d01020304', 'hex')
  const orders = [
    [name, job, sample],
    [sample, name, job],
    [name, sample, unknown, job],
    [unknown, job, name, sample],
  ]
  for (const fields of orders) {
    const message = Buffer.concat(fields)
    const body = Buffer.concat([unknown, Buffer.from([0x0a, message.length]), message])
    const { batches } = pushed.read(body, 1, 0)
    expect(broughtBy(batches)).toEqual(
      new Map([[keyOf(['__name__', 'up', 'job', 'j']), [[1, 5, undefined]]]]),
    )
  }
  expect(pushed.size).toBe(1)
})

test.each([
  ['61ff', 'the value of the label "a" is no UTF-8'],
  ['61c3', 'the value of the label "a" is no UTF-8'],
])('a text of the bytes %s is refused, and the rest of the request is not', (value, problem) => {
  const pushed = pushedSeries()
  const broken = Buffer.concat([
    Buffer.from('0a0e0a085f5f6e616d655f5f12027570', 'hex'),
    Buffer.from('0a070a01611202', 'hex'),
    Buffer.from(value, 'hex'),
    Buffer.from('120b09000000000000f03f1005', 'hex'),
  ])
  const good = writeRequest(
    { series: [{ labels: ['__name__', 'up', 'a', 'é'], samples: [{ value: 1, time: 5 }] }] },
    1,
  )
  const body = Buffer.concat([Buffer.from([0x0a, broken.length]), broken, good])
  const { batches, outcome } = pushed.read(body, 1, 0)
  expect(outcome.complaint).toContain(problem)
  expect(broughtBy(batches)).toEqual(new Map([[keyOf(['__name__', 'up', 'a', 'é']), [[1, 5, undefined]]]]))
})
