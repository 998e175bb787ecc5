import { expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { every } from './schedule.ts'

function unexpected(error: unknown): never {
  throw new Error('the task failed', { cause: error })
}

test('the task runs after the initial delay, then on the grid', async () => {
  const clock = new FakeClock()
  const at: number[] = []
  const schedule = every(clock, 1000, () => void at.push(clock.monotonic()), {
    initialDelayMs: 300,
    onError: unexpected,
  })
  await clock.advance(3500)
  expect(at).toEqual([300, 1300, 2300, 3300])
  expect(schedule.missed).toBe(0)
  await schedule.stop()
  await clock.advance(5000)
  expect(at.length).toBe(4)
})

test('a slow task is never overlapped, and the ticks it missed are counted, not caught up', async () => {
  const clock = new FakeClock()
  const at: number[] = []
  let finish: (() => void) | undefined
  const task = async (): Promise<void> => {
    at.push(clock.monotonic())
    await new Promise<void>((resolve) => (finish = resolve))
  }
  const schedule = every(clock, 1000, task, { onError: unexpected })
  await clock.advance(3500)
  expect(at).toEqual([0])
  finish?.()
  await clock.advance(600)
  expect(at).toEqual([0, 4000])
  expect(schedule.missed).toBe(3)
  finish?.()
  await schedule.stop()
})

test('an error is told, and the next tick comes all the same', async () => {
  const clock = new FakeClock()
  const errors: unknown[] = []
  const schedule = every(
    clock,
    1000,
    () => {
      throw new Error('once more')
    },
    { onError: (error) => errors.push(error) },
  )
  await clock.advance(2000)
  expect(errors.length).toBe(3)
  await schedule.stop()
})

test('a stop aborts the running task and waits for it', async () => {
  const clock = new FakeClock()
  let ended = false
  const schedule = every(
    clock,
    1000,
    async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended = true
    },
    { onError: unexpected },
  )
  await clock.advance(10)
  await schedule.stop()
  expect(ended).toBe(true)
})
