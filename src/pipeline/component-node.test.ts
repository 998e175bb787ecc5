import { expect, test } from 'vitest'
import type { ComponentConfig } from '#src/config/configuration.ts'
import { configurationOf } from '#src/testing/configuration.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { ComponentNode } from './component-node.ts'

function made() {
  const clock = new FakeClock(1000)
  const log = new CapturedLog()
  const { exporters } = configurationOf({
    receivers: {},
    exporters: { sink: { create: () => ({ consume: () => true, forget: () => undefined }) } },
    pipelines: {},
  })
  const node = new ComponentNode(exporters.get('sink') as ComponentConfig, clock, log)
  const { context } = node
  return {
    clock,
    node,
    log,
    report: (state: 'ok' | 'recoverable_error', error?: unknown) => context.report(state, error),
  }
}

test('an error that a component reports shows in its state until it reports that it is over', async () => {
  const { clock, node, report } = made()
  node.started()
  await clock.advance(10)
  report('recoverable_error', new Error('the disk is full'))
  await clock.advance(10)
  report('recoverable_error', 'the disk is still full')
  expect([node.state, node.error, node.since]).toEqual(['recoverable_error', 'the disk is still full', 1010])
  await clock.advance(10)
  report('ok')
  expect([node.state, node.error, node.since]).toEqual(['ok', undefined, 1030])
})

test('an error reported during the start is not overruled by the end of the start', () => {
  const { node, report } = made()
  report('ok')
  expect(node.state).toBe('starting')
  report('recoverable_error', 'no space')
  node.started()
  expect(node.state).toBe('recoverable_error')
})

test('reports count neither after a failure nor after a stop', () => {
  const { node, report } = made()
  node.become('stopped')
  report('recoverable_error', 'no space')
  expect([node.state, node.error]).toEqual(['stopped', undefined])
  node.fail('broken')
  report('ok')
  expect([node.state, node.error]).toEqual(['permanent_error', 'broken'])
})

test('a component that does not stop is left behind after 5 s, and one that fails to is logged', async () => {
  const { clock, node, log } = made()
  const stopping = node.runStop(async () => await new Promise<void>(() => undefined))
  await clock.advance(5000)
  await stopping
  await node.runStop(() => {
    throw new Error('broken')
  })
  expect(log.lines.map(({ message, fields }) => [message, String(fields['error'])])).toEqual([
    ['the exporter failed to stop', 'Error: it did not stop within 5 s, and is left behind'],
    ['the exporter failed to stop', 'Error: broken'],
  ])
  expect(clock.waiting).toBe(0)
})
