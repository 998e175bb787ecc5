import { expect, test } from 'vitest'
import type { AttributeList } from '#src/model/attribute-set.ts'
import { makeScope, emptyResource } from '#src/model/resource.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import { Facts, type FactsOptions, type SampleSink } from './facts.ts'
import { isMetricName, metric, metricNames } from './metric.ts'
import type { Vocabulary } from './vocabulary.ts'

const traffic = metric({
  fact: 'bytes',
  source: 'a test',
  by: ['device', 'direction'],
  otel: {
    name: 'net.io',
    kind: 'counter',
    unit: 'By',
    integer: true,
    description: 'Bytes.',
    device: { as: 'device', prefix: 'dev-' },
    direction: { as: 'direction', values: { receive: 'in', transmit: 'out' } },
  },
  semconv: {
    name: 'net.io.all',
    kind: 'counter',
    unit: 'By',
    integer: true,
    description: 'Bytes of both directions.',
    device: { as: 'number', integer: true },
    direction: { as: 'direction', values: { receive: 'any', transmit: 'any' } },
  },
  prometheus: [
    {
      name: 'net_{direction}_bytes_total',
      kind: 'counter',
      description: 'Bytes, {direction}.',
      device: 'device',
    },
    {
      where: { direction: 'receive' },
      name: 'net_kilobytes',
      kind: 'gauge',
      scale: 0.001,
      description: 'KB.',
    },
  ],
})

const rare = metric({
  fact: 'something few want',
  source: 'a test',
  by: [],
  otel: { name: 'rare', kind: 'gauge', enabled: false, description: 'Rare.' },
})

function record(options: FactsOptions, fill: (facts: Facts) => void): string {
  const facts = new Facts(new Recorder(new Source('test', '')), options)
  facts.begin()
  fill(facts)
  return renderBatches(facts.end(1000))
}

function bothDirections(facts: Facts): void {
  facts.record(traffic, { device: '7', direction: 'receive' }, 3000)
  facts.record(traffic, { device: '7', direction: 'transmit' }, 4000)
}

test('a fact is written under the words, prefixes and integers of a vocabulary', () => {
  expect(record({ vocabularies: ['otel'] }, bothDirections)).toBe(
    'net.io sum cumulative monotonic [By] Bytes.\n' +
      '  {device="dev-7", direction="in"} 3000\n' +
      '  {device="dev-7", direction="out"} 4000\n',
  )
})

test('facts whose values get one word are added up', () => {
  expect(record({ vocabularies: ['semconv'] }, bothDirections)).toBe(
    'net.io.all sum cumulative monotonic [By] Bytes of both directions.\n  {direction="any", number=7} 7000\n',
  )
})

test('sums begin anew in each cycle', () => {
  const facts = new Facts(new Recorder(new Source('test', '')), { vocabularies: ['semconv'] })
  for (const _ of [1, 2]) {
    facts.begin()
    bothDirections(facts)
    expect(facts.end(1000)[0]?.values[0]).toBe(7000)
  }
})

test('a dimension can be part of the name, a condition, and the value be scaled', () => {
  expect(record({ vocabularies: ['prometheus'] }, bothDirections)).toBe(
    'net_receive_bytes_total sum cumulative monotonic [] Bytes, receive.\n' +
      '  {device="7"} 3000.0\n' +
      'net_kilobytes gauge [] KB.\n' +
      '  {} 3.0\n' +
      'net_transmit_bytes_total sum cumulative monotonic [] Bytes, transmit.\n' +
      '  {device="7"} 4000.0\n',
  )
})

test('scopes and constant attributes are those of each vocabulary', () => {
  const text = record(
    {
      vocabularies: ['otel', 'prometheus'],
      scopes: { otel: makeScope(emptyResource, { name: 'a scope' }) },
      constants: { prometheus: ['node', 'a'] },
    },
    (facts) => facts.record(traffic, { device: '7', direction: 'transmit' }, 1),
  )
  expect(text).toBe(
    'net.io sum cumulative monotonic [By] Bytes. @ a scope\n' +
      '  {device="dev-7", direction="out"} 1\n' +
      'net_transmit_bytes_total sum cumulative monotonic [] Bytes, transmit.\n' +
      '  {device="7", node="a"} 1.0\n',
  )
})

test('the attributes of a sample are in the order of their keys where the constant ones are, and the constant ones win', () => {
  const lists: AttributeList[] = []
  const sink: SampleSink = { record: (_metric, attributes) => void lists.push(attributes) }
  const constants = { otel: ['area', 'x', 'device', 'y', 'zone', 'z'] }
  const facts = new Facts(sink, { vocabularies: ['otel'], constants })
  facts.record(traffic, { device: '7', direction: 'receive' }, 1)
  facts.turnTo(sink, { constants: { otel: ['cluster', 'c', 'name', 'n'] } })
  facts.record(traffic, { device: '7', direction: 'receive' }, 1)
  expect(lists).toEqual([
    ['area', 'x', 'device', 'dev-7', 'device', 'y', 'direction', 'in', 'zone', 'z'],
    ['cluster', 'c', 'device', 'dev-7', 'direction', 'in', 'name', 'n'],
  ])
})

/** The names that are emitted, as the switches say. */
function recorded(enabled?: (name: string) => boolean | undefined): string[] {
  const text = record({ vocabularies: ['otel'], ...(enabled && { enabled }) }, (facts) => {
    facts.record(rare, {}, 1)
    facts.record(traffic, { device: '7', direction: 'transmit' }, 1)
  })
  return text.split('\n').flatMap((line) => /^[\w.]+/.exec(line)?.[0] ?? [])
}

test('a metric is on by its own default, unless it is switched', () => {
  expect(recorded()).toEqual(['net.io'])
  expect(recorded((name) => name === 'rare' || undefined)).toEqual(['rare', 'net.io'])
  expect(recorded((name) => name !== 'net.io')).toEqual(['rare'])
})

test('of metrics whose names hold values each is switched off by its own name', () => {
  const text = record(
    {
      vocabularies: ['prometheus'],
      enabled: (name) => (name === 'net_receive_bytes_total' ? false : undefined),
    },
    bothDirections,
  )
  expect(text).not.toContain('net_receive_bytes_total')
  expect(text).toContain('net_transmit_bytes_total')
})

function factsIn(vocabulary: Vocabulary): Facts {
  return new Facts(new Recorder(new Source('test', '')), { vocabularies: [vocabulary] })
}

test('a fact that has no enabled name is not wanted', () => {
  expect(factsIn('otel').wants(rare)).toBe(false)
  expect(factsIn('vm').wants(traffic)).toBe(false)
  expect(factsIn('otel').wants(traffic)).toBe(true)
})

test('a fact can be meant for some vocabularies only', () => {
  const text = record({ vocabularies: ['otel', 'prometheus'] }, (facts) =>
    facts.record(traffic, { device: '7', direction: 'transmit' }, 1, new Set<Vocabulary>(['prometheus'])),
  )
  expect(text).not.toContain('net.io')
  expect(text).toContain('net_transmit_bytes_total')
})

/** How a value of an integer metric is written. */
function written(bytes: number | bigint): string | undefined {
  const text = record({ vocabularies: ['otel'] }, (facts) =>
    facts.record(traffic, { device: '7', direction: 'transmit' }, bytes),
  )
  return text.trim().split(' ').at(-1)
}

test('integers are exact up to 2^63 - 1, and doubles from there on', () => {
  expect(written(9_007_199_254_740_993n)).toBe('9007199254740993')
  expect(written(2n ** 63n - 1n)).toBe('9223372036854775807')
  expect(written(2n ** 63n)).toBe('9223372036854775808.0')
  expect(written(5)).toBe('5')
})

test('the names of a table are known as written, and with values filled in', () => {
  const names = metricNames([traffic, rare])
  expect(names).toEqual(['net.io', 'rare', 'net.io.all', 'net_{direction}_bytes_total', 'net_kilobytes'])
  expect(
    ['rare', 'net_receive_bytes_total', 'net_{direction}_bytes_total', 'net_receive_bytes', 'rarest'].filter(
      (name) => isMetricName(name, names),
    ),
  ).toEqual(['rare', 'net_receive_bytes_total', 'net_{direction}_bytes_total'])
})

test('a point of a histogram is recorded as it is', () => {
  const durations = metric({
    fact: 'seconds',
    source: 'a test',
    by: [],
    otel: { name: 'durations', kind: 'histogram', unit: 's', description: 'Durations.' },
  })
  const point = {
    kind: 'histogram',
    count: 2,
    sum: 3,
    min: undefined,
    max: undefined,
    bounds: [1],
    counts: [1, 1],
  } as const
  const facts = factsIn('otel')
  facts.begin()
  facts.record(durations, {}, point)
  const [batch] = facts.end(1000)
  expect(batch?.points?.[0]).toBe(point)
  expect(batch?.layout.series[0]?.metric.descriptor.kind).toBe('histogram')
})

function ofSubject(id: string): string {
  return (
    `net.io sum cumulative monotonic [By] Bytes. @ of ${id}\n  {device="dev-7", direction="in"} 3000\n` +
    `net_receive_bytes_total sum cumulative monotonic [] Bytes, receive.\n  {device="7", id="${id}"} 3000.0\n` +
    `net_kilobytes gauge [] KB.\n  {id="${id}"} 3.0\n` +
    'net.io.all sum cumulative monotonic [By] Bytes of both directions.\n  {direction="any", number=7} 3000\n'
  )
}

test('each subject has its own recorder, labels and scope, under the same names', () => {
  const one = new Recorder(new Source('test', 'one'))
  const other = new Recorder(new Source('test', 'other'))
  const facts = new Facts(one, { vocabularies: ['otel', 'semconv', 'prometheus'] })
  const cycle = (recorder: Recorder, id: string): string => {
    facts.turnTo(recorder, {
      constants: { prometheus: ['id', id] },
      scopes: { otel: makeScope(emptyResource, { name: `of ${id}` }) },
    })
    facts.begin()
    facts.record(traffic, { device: '7', direction: 'receive' }, 3000)
    return renderBatches(facts.end(1000))
  }
  expect(cycle(one, 'a')).toBe(ofSubject('a'))
  expect(cycle(other, 'b')).toBe(ofSubject('b'))
})
