import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { Backlog, type Intake } from './backlog.ts'

function slice(count: number, bytes = 200 * count, malformed = 0) {
  return { bytes: Buffer.alloc(bytes), points: count, malformed }
}

function made(maxBytes: number, whenFull: 'refuse' | 'drop_oldest' = 'refuse') {
  const ledger = new Ledger()
  const backlog = new Backlog({ maxBytes, whenFull }, ledger)
  const settlements: Settlement[] = []
  return {
    ledger,
    backlog,
    settlements,
    /** A call as the exporter's node counts it, encoded at once in slices of `each` points. */
    take: (count: number, each = count): Intake | undefined => {
      const receipt = new Receipt((settlement) => settlements.push(settlement))
      ledger.accepted += count
      const intake = backlog.admit(count, receipt)
      receipt.settle()
      if (intake === undefined) ledger.accepted -= count
      else for (let left = count; left > 0; left -= each) backlog.add(intake, slice(Math.min(each, left)))
      return intake
    },
  }
}

test('a full backlog refuses, and takes again when something has landed', () => {
  const { backlog, ledger, take } = made(2000)
  expect(take(5)).toBeDefined()
  expect(take(5)).toBeDefined()
  expect(take(1)).toBeUndefined()
  backlog.takeOff(1000)
  backlog.landed(1)
  expect(take(5)).toBeDefined()
  expect(ledger).toMatchObject({ delivered: 5, queued: 10, imbalance: 0 })
})

test('a call that alone exceeds the bound is taken by an empty backlog', () => {
  const { take } = made(100)
  expect(take(50)).toBeDefined()
  expect(take(1)).toBeUndefined()
})

test('with drop_oldest the oldest makes room, but not what is being written', () => {
  const { backlog, ledger, settlements, take } = made(2000, 'drop_oldest')
  take(5)
  backlog.takeOff(1)
  take(5)
  expect(take(5)).toBeDefined()
  expect(ledger.dropped.get('queue_full')).toBe(5)
  expect(settlements).toEqual([{ delivered: false, reason: 'queue_full', rejected: 0 }])
  backlog.landed(1)
  expect(ledger).toMatchObject({ delivered: 5, queued: 5, imbalance: 0 })
})

test('a receipt is settled when the last slice has landed', () => {
  const { backlog, settlements, take } = made(10_000)
  take(6, 2)
  expect(backlog.takeOff(800).length).toBe(2)
  backlog.landed(2)
  expect(settlements).toEqual([])
  backlog.takeOff(800)
  backlog.landed(0)
  backlog.takeOff(800)
  backlog.landed(1)
  expect(settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('malformed points are dropped for good, and the sender is told how many', () => {
  const { backlog, ledger, settlements } = made(10_000)
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  ledger.accepted += 3
  const intake = backlog.admit(3, receipt)
  receipt.settle()
  if (intake === undefined) throw new Error('there is room')
  backlog.add(intake, { bytes: Buffer.alloc(0), points: 1, malformed: 2 })
  expect(settlements).toEqual([{ delivered: true, reason: 'malformed', rejected: 2 }])
  expect(ledger).toMatchObject({ delivered: 1, queued: 0, imbalance: 0 })
})

test('the law of conservation holds after any sequence of events, and at the end nothing is open', () => {
  const event = fc.oneof(
    fc.record({ take: fc.integer({ min: 1, max: 9 }), each: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ takeOff: fc.integer({ min: 1, max: 3000 }), landed: fc.nat(5) }),
    fc.record({ abandoned: fc.integer({ min: 1, max: 9 }) }),
  )
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 30 }),
      fc.constantFrom('refuse' as const, 'drop_oldest' as const),
      (events, whenFull) => {
        const { backlog, ledger, settlements, take } = made(3000, whenFull)
        let taken = 0
        for (const each of events) {
          if ('take' in each) taken += take(each.take, each.each) === undefined ? 0 : 1
          else if ('takeOff' in each)
            backlog.landed(Math.min(backlog.takeOff(each.takeOff).length, each.landed))
          else {
            ledger.accepted += each.abandoned
            const intake = backlog.admit(each.abandoned, undefined)
            if (intake === undefined) ledger.accepted -= each.abandoned
            else backlog.abandon(intake, 'encoding_failed')
          }
          expect(ledger.imbalance).toBe(0)
          expect(backlog.bytes).toBeLessThanOrEqual(3000)
        }
        const unencoded = backlog.admit(2, undefined)
        ledger.accepted += unencoded === undefined ? 0 : 2
        backlog.close('shutdown')
        if (unencoded !== undefined) backlog.add(unencoded, slice(2))
        expect(backlog.admit(1, undefined)).toBeUndefined()
        expect(ledger).toMatchObject({ queued: 0, imbalance: 0 })
        expect(backlog.bytes).toBe(0)
        // Refused calls settle too: their maker holds the one reference.
        expect(settlements.length).toBeGreaterThanOrEqual(taken)
      },
    ),
  )
})
