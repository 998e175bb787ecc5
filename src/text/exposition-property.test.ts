import fc from 'fast-check'
import { expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { makeReader, sampleLines, scrape } from '#src/testing/exposition.ts'
import { naiveSamples } from '#src/testing/naive-exposition.ts'
import { ExpositionError } from './exposition-error.ts'
import { sharedParts } from './part-table.ts'
import type { ExpositionReader } from './exposition-reader.ts'

const blanks = fc.constantFrom('', '', ' ', '  ', '\t')
const someBlanks = fc.constantFrom(' ', ' ', '  ', '\t')
const families = ['a', 'b_total', 'c', 'd_bucket', 'd_sum', 'e:e', 'my.name', 'ü']
const types = [
  '# TYPE a gauge',
  '# TYPE b_total counter',
  '# TYPE c summary',
  '# TYPE d histogram',
  '# HELP a what it says',
  '# HELP "my.name" what\\nit says',
]

const number = fc.oneof(
  fc
    .double()
    .map((value) =>
      Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf',
    ),
  fc.integer().map(String),
  fc.tuple(fc.maxSafeNat(), fc.integer({ min: -30, max: 30 })).map(([digits, power]) => `${digits}e${power}`),
  fc.tuple(fc.nat(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`),
)

const labelText = fc.oneof(
  fc.constantFrom('', '1', '0.5', '+Inf', 'x y', '}', '{"', 'ü\u{1f600}'),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)

const label = fc.tuple(
  fc.constantFrom('le', 'quantile', 'x', 'y', 'label.name', 'constructor', '__proto__'),
  labelText,
)

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function labelNameText(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoted(name)
}

/** A series as a line writes it, up to its value. */
const series = fc
  .tuple(
    fc.constantFrom(...families),
    fc.uniqueArray(label, { selector: ([name]) => name, maxLength: 4 }),
    blanks,
    fc.boolean(),
  )
  .map(([name, labels, blank, comma]) => {
    const pairs = labels.map(([key, value]) => `${labelNameText(key)}${blank}=${blank}${quoted(value)}`)
    if (/^[a-z_:]+$/.test(name)) {
      if (pairs.length === 0) return blank === '' ? `${name} ` : `${name}{${blank}}${blank}`
      return `${name}${blank}{${pairs.join(`,${blank}`)}${comma ? ',' : ''}}${blank}`
    }
    return `{${[quoted(name), ...pairs].join(`${blank},${blank}`)}}${blank}`
  })

const line = fc.record({
  series,
  value: number,
  time: fc.option(fc.integer(), { freq: 8, nil: undefined }),
  gap: someBlanks,
})

function lineText({
  series,
  value,
  time,
  gap,
}: {
  series: string
  value: string
  time: number | undefined
  gap: string
}): string {
  return `${series}${value}${time === undefined ? '' : `${gap}${time}`}`
}

/** What one scrape changes: lines that go, lines that come and where, and whether the order is turned. */
const edit = fc.record({
  gone: fc.array(fc.nat(), { maxLength: 5 }),
  added: fc.array(fc.tuple(fc.nat(), line), { maxLength: 5 }),
  turned: fc.boolean(),
  step: fc.integer({ min: 1, max: 200 }),
  aborted: fc.option(fc.nat(), { freq: 3, nil: undefined }),
})

interface Expected {
  readonly first: Map<string, { value: number; time: number | undefined }>
  readonly lines: string[]
}

/** What naive reading comes to: the first sample of each series, and later ones as long as times grow. */
function expectedOf(body: Buffer, time: number): Expected | undefined {
  const samples = naiveSamples(body)
  if (samples === undefined) return undefined
  const first: Expected['first'] = new Map()
  const last = new Map<string, number>()
  const lines: string[] = []
  for (const sample of samples) {
    const before = first.get(sample.series)
    const newest = last.get(sample.series) ?? Number.NaN
    if (before === undefined) first.set(sample.series, sample)
    else if (sample.time === undefined || !(sample.time > newest)) continue
    if (sample.time !== undefined) last.set(sample.series, sample.time)
    const value = Object.is(sample.value, -0) ? '-0' : String(sample.value)
    lines.push(
      `${sample.series} ${value}${sample.time === undefined || sample.time === time ? '' : ` @${sample.time}`}`,
    )
  }
  return { first, lines }
}

function staleLines(before: Expected | undefined, now: Expected): string[] {
  const lines: string[] = []
  for (const [series, { time }] of before?.first ?? []) {
    if (!now.first.has(series) && time === undefined) lines.push(`${series} stale`)
  }
  return lines
}

function sorted(lines: readonly string[]): string[] {
  return lines.toSorted()
}

function readAborted(reader: ExpositionReader, body: Buffer, at: number): void {
  reader.begin('text-0.0.4')
  try {
    reader.feed(body, 0, at % (body.length + 1))
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error
  }
  reader.abort()
}

test('any scrapes of a target, cut anywhere, are what naive reading makes of them; nothing is left in the end', () => {
  const property = fc.property(
    fc.array(line, { maxLength: 40 }),
    fc.array(edit, { minLength: 1, maxLength: 8 }),
    (start, edits) => {
      const interned = internedSets()
      const parts = sharedParts.size
      const reader = makeReader()
      let lines = [...types, ...start.map(lineText)]
      let before: Expected | undefined
      let layout: Batch['layout'] | undefined
      for (const [round, { gone, added, turned, step, aborted }] of edits.entries()) {
        const time = 1000 + round
        for (const at of gone) {
          const place = types.length + (at % Math.max(1, lines.length))
          lines = lines.filter((_, index) => index !== place)
        }
        for (const [at, one] of added)
          lines.splice(types.length + (at % (lines.length + 1 - types.length)), 0, lineText(one))
        if (turned) lines = [...types, ...lines.slice(types.length).toReversed()]
        const body = Buffer.from(lines.join('\n'))
        if (aborted !== undefined)
          readAborted(reader, Buffer.from(`z${aborted} 1\n${lines.toReversed().join('\n')}`), aborted)
        const expected = expectedOf(body, time)
        if (expected === undefined) throw new Error('the test wrote what is no exposition')
        const batches = scrape(reader, body, { time, step })
        expect(sorted(sampleLines(batches))).toEqual(
          sorted([...staleLines(before, expected), ...expected.lines]),
        )
        const same =
          before !== undefined &&
          sorted([...before.first.keys()]).join('\n') === sorted([...expected.first.keys()]).join('\n')
        // A layout of the same series is the same, however lines moved; giving a body up may make another version.
        expect(batches.at(-1)?.layout === layout || !same || aborted !== undefined).toBe(true)
        before = expected
        layout = batches.at(-1)?.layout
      }
      reader.dispose()
      expect(internedSets()).toEqual(interned)
      expect(sharedParts.size).toBe(parts)
    },
  )
  fc.assert(property, { numRuns: 150 })
})

const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(
    fc.constantFrom('', '\n', ' ', '{', '}', '"', '\\', ',', '=', '#', '1', 'e', '# TYPE d', '\0', '\r'),
    fc.string({ maxLength: 3 }),
  ),
})

test('a body with mistakes is refused, or read as naive reading does; it never fails otherwise', () => {
  const property = fc.property(
    fc.array(line, { maxLength: 12 }),
    fc.array(mutation, { maxLength: 4 }),
    (start, mutations) => {
      let text = [...types, ...start.map(lineText)].join('\n')
      for (const { at, remove, insert } of mutations) {
        const place = at % (text.length + 1)
        text = `${text.slice(0, place)}${insert}${text.slice(place + remove)}`
      }
      const body = Buffer.from(text)
      const expected = expectedOf(body, 1000)
      const interned = internedSets()
      const parts = sharedParts.size
      const reader = makeReader()
      let read: string[] | undefined
      try {
        read = sorted(sampleLines(scrape(reader, body, { step: 17 })))
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error
        if (error.line === 0 || error.column === 0) throw error
        reader.fail(1000)
      }
      expect(read).toEqual(expected === undefined ? undefined : sorted(expected.lines))
      reader.dispose()
      expect(internedSets()).toEqual(interned)
      expect(sharedParts.size).toBe(parts)
    },
  )
  fc.assert(property, { numRuns: 400 })
})

test('bytes of any kind are refused or read, in every format', () => {
  const formats = ['text-0.0.4', 'openmetrics-1.0.0', 'protobuf'] as const
  const property = fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(...formats),
    (bytes, format) => {
      const reader = makeReader({ nativeHistograms: true })
      try {
        scrape(reader, Buffer.from(bytes), { format, step: 11 })
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error
      }
      reader.dispose()
      expect(reader.layout.size).toBe(0)
    },
  )
  fc.assert(property, { numRuns: 500 })
})
