import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { ProcessReadings } from './process-readings.ts'

let readings: ProcessReadings | undefined
afterEach(() => readings?.close())

/** Keeps the event loop from turning. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

test('a blocked event loop shows as delay, in a window that all readers see', async () => {
  const clock = new FakeClock()
  readings = new ProcessReadings(clock)
  const read = (): Readonly<Record<string, number>> => readings?.read().eventLoopDelaySeconds ?? {}
  expect(read()).toEqual({})
  await expect.poll(() => read()['max'], { interval: 30 }).toBeDefined()
  block(400)
  await expect.poll(() => read()['max'], { interval: 30 }).toBeGreaterThan(0.2)
  expect(read()['p50']).toBeLessThan(0.1)

  await clock.advance(15_000)
  const window = read()
  expect(window['max']).toBeGreaterThan(0.2)
  await clock.advance(14_999)
  expect(read()).toEqual(window)
  await clock.advance(1)
  expect(read()).not.toEqual(window)
})

test('time that the event loop works counts as active, time that it waits does not', async () => {
  readings = new ProcessReadings(new FakeClock())
  // The loop has to turn before its idle time counts.
  await new Promise((resolve) => setTimeout(resolve, 10))
  const before = readings.read().eventLoopActiveSeconds
  block(100)
  const after = readings.read()
  expect(after.eventLoopActiveSeconds - before).toBeGreaterThan(0.09)
  expect(after.userSeconds + after.systemSeconds).toBeGreaterThan(0.09)
})
