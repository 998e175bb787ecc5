import { expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { EncodedBatches } from '#src/testing/encoded-batches.ts'
import { readRequest, type ReadSeries } from '#src/testing/remote-write.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { MessageError } from './message-reader.ts'
import { decompress } from './snappy.ts'
import { halves, toVersion1 } from './transcoding.ts'

/** A batch of everything that a request can have. */
const everything = batchOf(
  [
    [series('calls', { path: '/a' }, { kind: 'sum', monotonic: true, description: 'Calls.' }), 5],
    [series('level', { path: '/b' }), -1.5],
    [series('size', { path: '/a' }, { kind: 'exponential_histogram', unit: 'By' }), 0],
    [series('calls', { path: '/c' }, { kind: 'sum', monotonic: true, description: 'Calls.' }), 7],
  ],
  {
    startTime: 1_600_000_000_000,
    points: [
      undefined,
      undefined,
      {
        kind: 'exponential_histogram',
        count: 3,
        sum: 4,
        min: undefined,
        max: undefined,
        scale: 2,
        zeroCount: 1,
        zeroThreshold: 0.1,
        positive: { offset: 1, counts: [2] },
        negative: { offset: 0, counts: [] },
      },
    ],
    exemplars: [
      { slot: 0, value: 0.5, time: 1_650_000_000_000, attributes: internAttributes(['trace_id', 't1']) },
    ],
  },
)

function messageOf(version: '1.0' | '2.0'): Buffer {
  const sut = new EncodedBatches({ version })
  sut.encode(everything)
  return decompress(sut.requests[0]?.body ?? Buffer.alloc(0), 1 << 20)
}

/** Series without what only 2.0 says. */
function plain(all: readonly ReadSeries[]): unknown {
  return all.map(({ labels, samples, exemplars, histograms }) => ({
    labels,
    samples: samples.map((each) => ({ ...each, startTime: 0 })),
    exemplars,
    histograms: histograms.map((each) => ({ ...each, startTime: 0 })),
  }))
}

test('a message of 2.0 becomes the one that 1.0 has for the same data', () => {
  const second = messageOf('2.0')
  const read = readRequest(toVersion1(second))
  expect(read.symbols).toEqual([])
  expect(plain(read.series)).toEqual(plain(readRequest(second).series))
  expect(plain(read.series)).toEqual(plain(readRequest(messageOf('1.0')).series))
})

test.each(['1.0', '2.0'] as const)(
  'halves of a message of %s have all of it, each what it needs',
  (version) => {
    const message = messageOf(version)
    const cut = halves(message)
    expect([cut?.inFirst, cut?.series]).toEqual([2, 4])
    const [first, second] = [cut?.first, cut?.second].map((each) => readRequest(each ?? Buffer.alloc(0)))
    expect([...(first?.series ?? []), ...(second?.series ?? [])]).toEqual(readRequest(message).series)
  },
)

test('halves of a message of 2.0 have the symbols that they need, and no others', () => {
  const cut = halves(messageOf('2.0'))
  const [first, second] = [cut?.first, cut?.second].map(
    (each) => readRequest(each ?? Buffer.alloc(0)).symbols,
  )
  expect([first?.[0], second?.[0]]).toEqual(['', ''])
  expect(first).not.toContain('size_bytes')
  expect(second).not.toContain('/b')
})

test('a reference to a symbol that is not there is refused', () => {
  // Two series of 2.0 with the label references 5 and 6, and no symbols.
  const broken = Buffer.from('2a040a0205062a040a020506', 'hex')
  expect(() => toVersion1(broken)).toThrow(MessageError)
  const withOne = Buffer.concat([Buffer.from('2200', 'hex'), broken])
  expect(() => halves(withOne)).toThrow(MessageError)
})
