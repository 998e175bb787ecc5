import { expect, test } from 'vitest'
import type { ComponentConfig } from '#src/config/configuration.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { configurationOf } from '#src/testing/configuration.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { series } from '#src/testing/series.ts'
import { Collections } from '#src/telemetry/collections.ts'
import { ComponentNode } from './component-node.ts'
import { ReceiverNode } from './receiver-node.ts'

function made() {
  const { receivers } = configurationOf({
    receivers: { in: { create: () => ({ start: () => undefined, stop: () => undefined }) } },
    exporters: { sink: { create: () => ({ consume: () => true, forget: () => undefined }) } },
    pipelines: { metrics: ['in', '', 'sink'] },
  })
  const node = new ComponentNode(receivers.get('in') as ComponentConfig, new FakeClock(), new CapturedLog())
  const context = new ReceiverNode(node).contextWith(node.collections ?? new Collections())
  const totals = (): object[] =>
    Array.from(node.collections?.bySource ?? [], ([name, { series: live, churn }]) => ({ name, live, churn }))
  return {
    emit: (batches: readonly Batch[]) => context.emit(batches),
    forget: (source: Source) => context.forget(source),
    totals,
  }
}

const gauges = { x: series('x'), y: series('y'), z: series('z') }

/** A source that emits a gauge of each name. */
function emitting(
  source: Source,
  emit: ReturnType<typeof made>['emit'],
): (...names: (keyof typeof gauges)[]) => void {
  const recorder = new Recorder(source)
  return (...names) => {
    recorder.begin()
    for (const name of names) recorder.record(gauges[name].metric, [], 1)
    emit(recorder.end(0))
  }
}

test('each source is counted by itself, and is gone when it is forgotten', () => {
  const { emit, forget, totals } = made()
  const [a, b] = ['a', 'b'].map((part) => new Source('in', part)) as [Source, Source]
  emitting(a, emit)('x', 'y')
  emitting(b, emit)('x')
  expect(totals()).toEqual([
    { name: 'a', live: 2, churn: 2 },
    { name: 'b', live: 1, churn: 1 },
  ])
  forget(a)
  expect(totals()).toEqual([{ name: 'b', live: 1, churn: 1 }])
})

test('sources of one collection are counted together, until the last of them is forgotten', () => {
  const { emit, forget, totals } = made()
  const [a, b] = ['1', '2'].map((part) => new Source('in', part, '')) as [Source, Source]
  const fromA = emitting(a, emit)
  fromA('x', 'y')
  emitting(b, emit)('x')
  fromA('x', 'y')
  expect(totals()).toEqual([{ name: '', live: 3, churn: 3 }])
  fromA('x', 'y', 'z')
  expect(totals()).toEqual([{ name: '', live: 4, churn: 4 }])
  forget(a)
  expect(totals()).toEqual([{ name: '', live: 1, churn: 4 }])
  forget(b)
  expect(totals()).toEqual([])
})
