import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { internAttributes, internedSets } from '#src/model/attribute-set.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series, type Role } from '#src/model/series.ts'
import type { Source } from '#src/model/source.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { viewOf } from '#src/text/part-table.ts'
import { Arrivals, Home, rootNode } from './arrivals.ts'

const scraped = makeScope(makeResource(['job', 'a'], { derived: true }))
const gauge = makeDescriptor({ kind: 'gauge' })
const minute = 60_000

/** Arrivals that series are pushed to by text: `name` or `name label`. */
class Pushed {
  readonly forgotten: Source[] = []
  readonly released: string[] = []
  readonly home = new Home()
  readonly arrivals: Arrivals
  readonly #metrics = new Map<string, Metric>()
  /** How many series were made because their bytes were not known. */
  made = 0

  constructor({ maxSeries = 100_000, idleMs = 10 * minute } = {}) {
    this.arrivals = new Arrivals({
      receiver: 'pushed',
      maxSeries,
      idleMs,
      forget: (source) => void this.forgotten.push(source),
      released: ({ name }) => void this.released.push(name),
    })
  }

  find(text: string): number {
    const bytes = Buffer.from(text)
    return this.arrivals.find(rootNode, viewOf(bytes), 0, bytes.length)
  }

  push(text: string, value = 0, time = 1000): boolean {
    const bytes = Buffer.from(text)
    const view = viewOf(bytes)
    let number = this.arrivals.find(rootNode, view, 0, bytes.length)
    if (number < 0) {
      const [name = '', label = ''] = text.trim().split(' ')
      number = this.place(name, label)
      if (number < 0) return false
      this.arrivals.remember(number, rootNode, bytes, view, 0, bytes.length)
    }
    return this.arrivals.record(number, value, time)
  }

  place(name: string, label: string, role: Role = 'none'): number {
    this.made++
    return this.arrivals.place(
      new Series(this.metric(name), internAttributes(['label', label]), role),
      this.home,
    )
  }

  metric(name: string): Metric {
    const known = this.#metrics.get(name) ?? new Metric(name, gauge, scraped)
    this.#metrics.set(name, known)
    return known
  }

  end(): Sample[] {
    return this.arrivals.end().flatMap(samplesOf)
  }
}

const valuesOf = (samples: readonly Sample[]): unknown[] => samples.map(({ name, value }) => [name, value])

describe('points', () => {
  test('become batches over series, with their times', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    pushed.push('a x', 1, 1000)
    pushed.push('b y', 2, 2000)
    expect(pushed.end()).toEqual([
      { name: 'a', attributes: { label: 'x' }, value: 1, time: 1000 },
      { name: 'b', attributes: { label: 'y' }, value: 2, time: 2000 },
    ])
  })

  test('of known bytes are found again without making their series', () => {
    const pushed = new Pushed()
    for (let request = 0; request < 3; request++) {
      pushed.arrivals.begin(request)
      for (const name of ['a', 'b', 'c']) pushed.push(name, request)
      expect(valuesOf(pushed.end())).toEqual(['a', 'b', 'c'].map((name) => [name, request]))
    }
    expect(pushed.made).toBe(3)
  })

  test('of one series in one request keep their order, in a batch each', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    for (const [name, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['a', 0],
      ['b', 4],
    ] as const)
      pushed.push(name, value)
    const batches = pushed.arrivals.end()
    expect(batches.map((batch) => valuesOf(samplesOf(batch)))).toEqual([
      [
        ['a', 1],
        ['b', 2],
      ],
      [
        ['a', 3],
        ['b', 4],
      ],
      [['a', 0]],
    ])
  })

  test('of some series make a sparse batch, whose slots ascend', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    for (const name of ['a', 'b', 'c']) pushed.push(name)
    expect(pushed.arrivals.end()[0]?.slots).toBeUndefined()
    pushed.arrivals.begin(1)
    pushed.push('c')
    pushed.push('a')
    expect(pushed.arrivals.end()[0]?.slots).toEqual(Int32Array.of(0, 2))
  })

  test('bear what their sender says beside the value', () => {
    const { arrivals, home } = new Pushed()
    arrivals.begin(0)
    const number = arrivals.place(new Series(new Metric('m', gauge, scraped), internAttributes([])), home)
    const other = arrivals.place(new Series(new Metric('n', gauge, scraped), internAttributes([])), home)
    arrivals.record(number, 2 ** 60, 5)
    arrivals.setTimeNano(5_000_001n)
    arrivals.setStartTimeNano(3_000_001n)
    arrivals.setInteger(2n ** 60n + 1n)
    arrivals.addExemplar({ value: 7, time: 4, attributes: internAttributes([]) })
    arrivals.record(other, 3, 6)
    arrivals.setTimeNano(6_000_000n)
    arrivals.setInteger()
    arrivals.record(other, Number.NaN, 7)
    arrivals.setStale()
    arrivals.setStartTime(1)
    const [first, second] = arrivals.end()
    expect(first).toMatchObject({
      timesNano: BigInt64Array.of(5_000_001n, 6_000_000n),
      integers: BigInt64Array.of(2n ** 60n + 1n, 3n),
      exemplars: [{ slot: 0, value: 7, time: 4 }],
    })
    expect(first?.startTimeAt(0)).toBe(3)
    expect(first?.startTimeAt(1)).toBeUndefined()
    expect(second?.isStale(1)).toBe(true)
    expect(second?.startTimeAt(1)).toBe(1)
    expect(second?.timeAt(1)).toBe(7)
  })

  test('are refused where a request has too many of one series, and the next request is whole', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    for (let series = 0; series < 1024; series++) pushed.push(`m ${series}`)
    let taken = 0
    while (pushed.push('m 0', taken) && taken < 10_000) taken++
    expect(taken).toBeGreaterThan(1000)
    expect(taken).toBeLessThan(10_000)
    expect(pushed.end()).toHaveLength(1024 + taken)
    pushed.arrivals.begin(1)
    expect(pushed.push('m 0', 1)).toBe(true)
  })
})

describe('series', () => {
  test('that two senders write in two ways are one', () => {
    const pushed = new Pushed()
    for (let request = 0; request < 2; request++) {
      pushed.arrivals.begin(request)
      pushed.push('a x', 1)
      pushed.push('a x ', 2)
      expect(pushed.arrivals.end().map((batch) => valuesOf(samplesOf(batch)))).toEqual([
        [['a', 1]],
        [['a', 2]],
      ])
    }
    expect(pushed.arrivals.size).toBe(1)
    expect(pushed.made).toBe(2)
  })

  test('are known in a few forms only, and found by identity in others', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    for (let blanks = 0; blanks < 50; blanks++) pushed.push(`a x${' '.repeat(blanks)}`, blanks)
    expect(pushed.end()).toHaveLength(50)
    expect(pushed.arrivals.size).toBe(1)
    const { memory } = pushed.arrivals
    for (let blanks = 0; blanks < 5000; blanks++) pushed.push(`a x${' '.repeat(blanks)}`, blanks)
    pushed.arrivals.abort()
    expect(pushed.arrivals.memory).toBe(memory)
  })

  test('are bounded in number, and there is room again when others are let go', () => {
    const pushed = new Pushed({ maxSeries: 2 })
    pushed.arrivals.begin(0)
    expect(['a', 'b', 'c', 'a'].map((name) => pushed.push(name))).toEqual([true, true, false, true])
    expect(pushed.end()).toHaveLength(3)
    pushed.arrivals.begin(11 * minute)
    expect(pushed.push('c')).toBe(true)
  })

  test('that were silent are let go without stale markers, and their sources forgotten', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    pushed.push('a')
    pushed.push('b')
    pushed.end()
    for (let now = minute; now < 20 * minute; now += minute) {
      pushed.arrivals.begin(now)
      pushed.push('b', now)
      expect(valuesOf(pushed.end())).toEqual([['b', now]])
    }
    expect(pushed.released).toEqual(['a'])
    expect(pushed.arrivals.size).toBe(1)
    pushed.arrivals.sweep(60 * minute)
    expect(pushed.arrivals.size).toBe(0)
    expect(pushed.forgotten).toHaveLength(1)
  })

  test('are divided among sources of bounded length; parts of a family stay together', () => {
    const pushed = new Pushed()
    const { arrivals, home } = pushed
    arrivals.begin(0)
    for (let series = 0; series < 1020; series++) pushed.push(`m ${series}`)
    for (let part = 0; part < 20; part++)
      arrivals.record(pushed.place('h', String(part), 'bucket'), part, 1000)
    pushed.push('n')
    const batches = arrivals.end()
    expect(batches.map(({ size }) => size)).toEqual([1040, 1])
    expect(new Set(batches.map(({ layout }) => layout.source.id)).size).toBe(2)
    expect(home.source?.size).toBe(1)
  })

  test('of many small homes share sources', () => {
    const { arrivals } = new Pushed()
    arrivals.begin(0)
    for (let each = 0; each < 1000; each++) {
      const attributes = internAttributes(['label', String(each)])
      arrivals.record(
        arrivals.place(new Series(new Metric('m', gauge, scraped), attributes), new Home()),
        1,
        1,
      )
    }
    expect(arrivals.sources).toBe(1)
  })

  test('give their place to another of the same identity, which goes on without a gap', () => {
    const pushed = new Pushed()
    const { arrivals } = pushed
    arrivals.begin(0)
    pushed.push('h_bucket x', 1)
    arrivals.end()
    arrivals.outdate(({ name }) => name === 'h_bucket')
    expect(pushed.find('h_bucket x')).toBe(-1)
    arrivals.begin(1)
    const number = pushed.place('h', 'x', 'bucket')
    arrivals.record(number, 2, 2000)
    const [batch] = arrivals.end()
    expect(batch?.layout.series.filter((each) => each !== undefined)).toHaveLength(1)
    expect(batch?.layout.series[batch.walk[0] ?? 0]?.role).toBe('bucket')
    expect(arrivals.size).toBe(1)
    expect(pushed.find('h_bucket x')).toBe(number)
    arrivals.begin(2)
    pushed.push('h_bucket x', 3)
    expect(arrivals.end()[0]?.layout.size).toBe(1)
  })

  test('give their place within a request, and what they had in it is kept', () => {
    const pushed = new Pushed()
    const { arrivals } = pushed
    arrivals.begin(0)
    pushed.push('h_bucket x', 1)
    pushed.push('other', 5)
    arrivals.record(pushed.place('h', 'x', 'bucket'), 2, 2000)
    pushed.push('other', 6)
    const batches = arrivals.end()
    expect(batches.map((batch) => valuesOf(samplesOf(batch)))).toEqual([
      [
        ['h_bucket', 1],
        ['other', 5],
      ],
      [
        ['other', 6],
        ['h_bucket', 2],
      ],
    ])
    expect(batches.map(({ layout }) => layout.size)).toEqual([2, 2])
  })

  test('of a request that does not count are forgotten', () => {
    const pushed = new Pushed()
    pushed.arrivals.begin(0)
    pushed.push('a')
    pushed.end()
    pushed.arrivals.begin(1)
    pushed.push('a')
    pushed.push('b')
    pushed.arrivals.abort()
    expect(pushed.arrivals.size).toBe(1)
    pushed.arrivals.begin(2)
    expect(pushed.end()).toEqual([])
  })
})

describe('contexts', () => {
  test('are kept as long as series lie below them', () => {
    const arrivals = new Arrivals<string>({
      receiver: 'r',
      maxSeries: 10,
      idleMs: 10 * minute,
      forget: () => undefined,
    })
    const bytes = Buffer.from('resource scope series')
    const view = viewOf(bytes)
    arrivals.begin(0)
    expect(arrivals.findContext(rootNode, view, 0, 8)).toBe(-1)
    const resource = arrivals.addContext(rootNode, bytes, view, 0, 8, 'resource')
    expect(arrivals.findContext(resource, view, 9, 14)).toBe(-1)
    const scope = arrivals.addContext(resource, bytes, view, 9, 14, 'scope')
    arrivals.end()
    expect(arrivals.findContext(rootNode, view, 0, 8)).toBe(-1)
    expect(arrivals.context(scope)).toBeUndefined()

    arrivals.begin(1)
    arrivals.findContext(rootNode, view, 0, 8)
    const again = arrivals.addContext(rootNode, bytes, view, 0, 8, 'resource')
    arrivals.findContext(again, view, 9, 14)
    const inner = arrivals.addContext(again, bytes, view, 9, 14, 'scope')
    expect(arrivals.find(inner, view, 15, 21)).toBe(-1)
    const number = arrivals.place(
      new Series(new Metric('m', gauge, scraped), internAttributes([])),
      new Home(),
    )
    arrivals.remember(number, inner, bytes, view, 15, 21)
    arrivals.end()
    expect(arrivals.context(arrivals.findContext(rootNode, view, 0, 8))).toBe('resource')
    expect(arrivals.find(arrivals.findContext(again, view, 9, 14), view, 15, 21)).toBe(number)
    arrivals.sweep(20 * minute)
    expect(arrivals.findContext(rootNode, view, 0, 8)).toBe(-1)
  })
})

function labelOf({ label }: Sample['attributes']): string {
  return typeof label === 'string' ? label : ''
}

test('whatever senders push comes out once, in order, and all memory returns', () => {
  const before = internedSets()
  const request = fc.record({
    pause: fc.constantFrom(0, 1000, minute, 7 * minute, 25 * minute),
    aborts: fc.constantFrom(false, false, false, true),
    outdates: fc.boolean(),
    points: fc.array(fc.tuple(fc.nat(5), fc.nat(400), fc.nat(2)), { maxLength: 60 }),
  })
  fc.assert(
    fc.property(fc.array(request, { maxLength: 25 }), (requests) => {
      const pushed = new Pushed({ maxSeries: 150 })
      const seen = new Map<string, number>()
      const refusedAt = new Set<number>()
      let now = 0
      for (const { pause, aborts, outdates, points } of requests) {
        now += pause
        pushed.arrivals.begin(now)
        const expected = new Map<string, number[]>()
        for (const [value, [name, label, blanks]] of points.entries()) {
          const text = `${'abcdef'[name]} ${label}`
          const taken = pushed.push(text + ' '.repeat(blanks), value)
          if (taken) expected.set(text, [...(expected.get(text) ?? []), value])
          else refusedAt.add(pushed.arrivals.size)
        }
        if (aborts) {
          pushed.arrivals.abort()
          continue
        }
        const batches = pushed.arrivals.end()
        const found = new Map<string, number[]>()
        for (const batch of batches) {
          expect([...batch.walk]).toEqual([...new Set(batch.walk)].toSorted((a, b) => a - b))
          for (const { name, attributes, value } of samplesOf(batch)) {
            const text = `${name} ${labelOf(attributes)}`
            found.set(text, [...(found.get(text) ?? []), Number(value)])
          }
        }
        expect(found).toEqual(expected)
        for (const text of expected.keys()) seen.set(text, now)
        const recent = [...seen.values()].filter((time) => now - time < 9 * minute)
        expect(pushed.arrivals.size).toBeGreaterThanOrEqual(recent.length)
        if (outdates) pushed.arrivals.outdate(({ name }) => name === 'a')
      }
      pushed.arrivals.sweep(now + 60 * minute)
      pushed.arrivals.sweep(now + 120 * minute)
      expect(pushed.arrivals.size).toBe(0)
      expect(pushed.arrivals.sources).toBe(0)
      expect(pushed.arrivals.memory).toBeLessThan(20_000)
      pushed.arrivals.dispose()
      expect([...refusedAt].every((size) => size === 150)).toBe(true)
      expect(internedSets()).toEqual(before)
    }),
    { numRuns: 200 },
  )
})
