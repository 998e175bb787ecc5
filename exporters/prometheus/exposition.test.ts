import { expect, test } from 'vitest'
import { batchOf, series } from '#src/testing/series.ts'
import { testExposition } from './test-exporter.ts'

test('gauges, counters and their help are shown, sorted by name and by labels', async () => {
  const { take, text, context } = testExposition()
  take(
    batchOf([
      [
        series('b.time', { cpu: '1' }, { kind: 'sum', monotonic: true, unit: 's', description: 'Time.' }),
        1.5,
      ],
      [series('b.time', { cpu: '0' }, { kind: 'sum', monotonic: true, unit: 's', description: 'Time.' }), 2],
      [series('a', {}, { unit: 'By' }), 3],
    ]),
  )
  expect(await text()).toBe(`# TYPE a_bytes gauge
a_bytes 3
# HELP b_time_seconds_total Time.
# TYPE b_time_seconds_total counter
b_time_seconds_total{cpu="0"} 2
b_time_seconds_total{cpu="1"} 1.5
`)
  expect(context.ledger.delivered).toBe(3)
})
