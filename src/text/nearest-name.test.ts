import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.ts'

const names = ['config', 'set', 'strict', 'send_batch_size', 'send_batch_max_size', 'timeout']

test.each([
  ['confg', 'config'],
  ['ocnfig', 'config'],
  ['CONFIG', 'config'],
  ['send-batch-size', 'send_batch_size'],
  ['send_batch_maxsize', 'send_batch_max_size'],
  ['time', 'timeout'],
  ['srtict', 'strict'],
  ['st', 'set'],
])('%s was meant to be %s', (word, name) => {
  expect(nearestName(word, names)).toBe(name)
})

test.each(['endpoint', '', 'send_batch', '__proto__', 'x'.repeat(100_000)])(
  'nothing is near %.20s',
  (word) => {
    expect(nearestName(word, names)).toBeUndefined()
  },
)

test('a name that is too long to be compared is never near', () => {
  expect(nearestName('y', ['y'.repeat(100_000)])).toBeUndefined()
})
