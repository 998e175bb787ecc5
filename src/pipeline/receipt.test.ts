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

test('what was rejected is told with the first reason, and all else is delivered', () => {
  const { receipt, settlements } = watched()
  receipt.retain().reject(3, 'bad')
  receipt.retain().reject(1, 'worse')
  receipt.retain().settle()
  receipt.settle()
  expect(settlements).toEqual([{ delivered: true, reason: 'bad', rejected: 4 }])
})

test('what one branch lost is to be sent again, whatever others rejected', () => {
  const { receipt, settlements } = watched()
  receipt.retain().reject(3, 'bad')
  receipt.retain().fail('full')
  receipt.retain().fail('late')
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
