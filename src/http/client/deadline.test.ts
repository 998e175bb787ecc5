import { expect, test } from 'vitest'
import type { Clock } from '#src/component/clock.ts'
import { Deadline } from './deadline.ts'

/** A clock whose timers a test calls itself. */
class HandClock implements Clock {
  readonly timers: { readonly delay: number; readonly call: () => void }[] = []

  now(): number {
    return 0
  }

  monotonic(): number {
    return 0
  }

  after(delay: number, call: () => void): () => void {
    const timer = { delay, call }
    this.timers.push(timer)
    return () => void this.timers.splice(this.timers.indexOf(timer), 1)
  }

  /** Calls the only timer. */
  call(): void {
    const [timer] = this.timers.splice(0, 1)
    timer?.call()
  }
}

test('what came before the time was up is read first: the sockets have their turn before the request ends', () => {
  const clock = new HandClock()
  const deadline = new Deadline(1000, clock, undefined)
  expect(clock.timers[0]?.delay).toBe(1000)
  clock.call()
  expect([deadline.signal.aborted, clock.timers[0]?.delay]).toEqual([false, 0])
  clock.call()
  expect(deadline.signal.reason).toMatchObject({ code: 'timeout' })
})

test('a request that ends in that turn is on time', () => {
  const clock = new HandClock()
  const deadline = new Deadline(1000, clock, undefined)
  clock.call()
  deadline.dispose()
  expect([deadline.signal.aborted, clock.timers]).toEqual([false, []])
})

test('who listens is told once, and not when he has stopped listening; a signal that is asked for later is aborted', () => {
  const caller = new AbortController()
  const deadline = new Deadline(1000, new HandClock(), caller.signal)
  const told: string[] = []
  const stopped = (): unknown => told.push('stopped')
  deadline.addEventListener('abort', () => told.push('first'))
  deadline.addEventListener('abort', stopped)
  deadline.addEventListener('abort', () => told.push('last'))
  deadline.removeEventListener('abort', stopped)
  caller.abort('given up')
  expect(told).toEqual(['first', 'last'])
  expect([deadline.reason, deadline.signal.reason]).toEqual(['given up', 'given up'])
  expect(() => deadline.throwIfAborted()).toThrow('given up')
})
