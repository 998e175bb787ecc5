import { expect, test } from 'vitest'
import { Receipt, type Settlement } from './receipt.ts'

function watched(): { receipt: Receipt; settlements: Settlement[] } {
  const settlements: Settlement[] = []
  return { receipt: new Receipt((settlement) => settlements.push(settlement)), settlements }
}

test('the sender is told once, when every branch has settled', () => {
  const { receipt, settlements } = watched()
  receipt.retain()
  receipt.retain()
  receipt.settle()
  receipt.settle()
  expect(settlements).toEqual([])
  receipt.settle()
  expect(settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('the worst outcome counts, with the first reason and all rejected points', () => {
  const { receipt, settlements } = watched()
  receipt.retain().fail('full')
  receipt.retain().fail('bad', 3)
  receipt.retain().settle()
  receipt.settle()
  expect(settlements).toEqual([{ delivered: false, reason: 'full', rejected: 3 }])
})

test('settling too often and retaining too late are mistakes of the code', () => {
  const { receipt } = watched()
  receipt.settle()
  expect(() => receipt.settle()).toThrow('more often')
  expect(() => receipt.retain()).toThrow('settled')
})
