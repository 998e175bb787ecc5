import { expect, test } from 'vitest'
import { ConfigError, mapItems, throwAll } from './config-error.ts'

function thrownBy(action: () => unknown): ConfigError {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function double(item: number, index: number): number {
  if (item < 0) throw new ConfigError('negative', [index])
  return item * 2
}

test('no mistakes throw nothing', () => {
  expect(() => throwAll([])).not.toThrow()
})

test('mistakes that bring others are thrown as one flat list, each once', () => {
  const cause = new Error('why')
  const error = thrownBy(() =>
    throwAll([
      new ConfigError('a', ['a'], { cause, others: [new ConfigError('b', ['b'])] }),
      new ConfigError('c', ['c'], { others: [new ConfigError('d', ['d'])] }),
    ]),
  )
  expect([error.message, error.path, error.cause]).toEqual(['a', ['a'], cause])
  expect(error.others.map(({ message, path, others }) => [message, path, others])).toEqual([
    ['b', ['b'], []],
    ['c', ['c'], []],
    ['d', ['d'], []],
  ])
})

test('a mistake seen from further out takes the others along', () => {
  const error = new ConfigError('a', [1], { others: [new ConfigError('b', [2])] }).under('list')
  expect([error.path, error.others[0]?.path]).toEqual([
    ['list', 1],
    ['list', 2],
  ])
})

test('mapping a list gives every result, or the mistakes of all items', () => {
  expect(mapItems([1, 2, 3], double)).toEqual([2, 4, 6])
  const error = thrownBy(() => mapItems([1, -2, 3, -4], double))
  expect([error.path, error.others.map(({ path }) => path)]).toEqual([[1], [[3]]])
})

test('an error that is no mistake of the configuration is not collected', () => {
  expect(() =>
    mapItems([1], () => {
      throw new TypeError('a bug')
    }),
  ).toThrow(TypeError)
})
