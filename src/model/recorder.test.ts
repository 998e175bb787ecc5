import fc from 'fast-check'
import { expect, test } from 'vitest'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { internedSets } from './attribute-set.ts'
import { emptyScope } from './resource.ts'
import { Recorder } from './recorder.ts'
import { makeDescriptor, Metric } from './series.ts'
import { Source } from './source.ts'

const gauge = new Metric('load', makeDescriptor({ kind: 'gauge' }), emptyScope)
const sum = new Metric('bytes', makeDescriptor({ kind: 'sum', monotonic: true }), emptyScope)

function cycle(recorder: Recorder, time: number, devices: readonly string[]): ReturnType<Recorder['end']> {
  recorder.begin()
  recorder.record(gauge, [], time)
  for (const device of devices) recorder.record(sum, ['device', device], time, { integer: true })
  return recorder.end(time, 5)
}

test('the same measurements keep the layout', () => {
  const recorder = new Recorder(new Source('host', 'net'))
  const [first] = cycle(recorder, 10, ['eth0', 'eth1'])
  const [second] = cycle(recorder, 20, ['eth0', 'eth1'])
  expect(second?.layout).toBe(first?.layout)
  expect(second?.startTimeAt(0)).toBe(5)
  expect([...(second?.values ?? [])].slice(0, 3)).toEqual([20, 20, 20])
  expect([...(second?.flags ?? [])].slice(0, 3)).toEqual([0, 2, 2])
})

test('what is not measured any more gets a stale marker on the layout it was in', () => {
  const recorder = new Recorder(new Source('host', 'net'))
  const [first] = cycle(recorder, 10, ['eth0', 'eth1'])
  const batches = cycle(recorder, 20, ['eth1'])
  expect(batches.map((batch) => samplesOf(batch).length)).toEqual([1, 2])
  expect(batches[0]?.layout).toBe(first?.layout)
  expect(batches.flatMap(samplesOf)).toContainEqual({
    name: 'bytes',
    attributes: { device: 'eth0' },
    value: 'stale',
    time: 20,
  })
})

test('a device that comes back has a new life', () => {
  const recorder = new Recorder(new Source('host', 'net'))
  cycle(recorder, 10, ['eth0'])
  cycle(recorder, 20, [])
  const batches = cycle(recorder, 30, ['eth0'])
  expect(batches.flatMap(samplesOf).filter(({ name }) => name === 'bytes')).toEqual([
    { name: 'bytes', attributes: { device: 'eth0' }, value: 30, time: 30 },
  ])
})

test('of two equal samples in a cycle the first wins, and the other is counted', () => {
  const recorder = new Recorder(new Source('host', 'net'))
  recorder.begin()
  recorder.record(gauge, [], 1)
  recorder.record(gauge, [], 2)
  expect(recorder.duplicates).toBe(1)
  expect(recorder.end(1).flatMap(samplesOf)).toEqual([{ name: 'load', attributes: {}, value: 1, time: 1 }])
})

test('integers beyond 2^53 stay exact beside smaller ones', () => {
  const recorder = new Recorder(new Source('host', 'net'))
  recorder.begin()
  recorder.record(sum, ['device', 'a'], 7, { integer: true })
  recorder.record(sum, ['device', 'b'], 2 ** 60, { exact: 2n ** 60n + 1n })
  const [batch] = recorder.end(1)
  expect([...(batch?.integers ?? [])].slice(0, 2)).toEqual([7n, 2n ** 60n + 1n])
})

test('any order of any measurements gives exactly what was recorded, and stale markers for the rest', () => {
  const before = internedSets()
  const names = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f', '1|1', '11|'), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(fc.array(names, { maxLength: 25 }), (cycles) => {
      const recorder = new Recorder(new Source('host', 'net'))
      let last: readonly string[] = []
      for (const [time, devices] of cycles.entries()) {
        recorder.begin()
        for (const [index, device] of devices.entries()) recorder.record(sum, ['device', device], index)
        const samples = recorder.end(time).flatMap(samplesOf)
        const seen = new Map(samples.map(({ attributes, value }) => [attributes['device'], value]))
        expect(samples.length).toBe(seen.size)
        expect(seen).toEqual(
          new Map<unknown, number | 'stale'>([
            ...last.filter((device) => !devices.includes(device)).map((device) => [device, 'stale'] as const),
            ...devices.map((device, index) => [device, index] as const),
          ]),
        )
        last = devices
      }
      recorder.dispose()
      expect(internedSets()).toEqual(before)
    }),
  )
})
