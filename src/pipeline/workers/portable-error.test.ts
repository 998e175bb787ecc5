import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { configurationOf } from '#src/testing/configuration.ts'
import { GraphError } from '../graph-error.ts'
import { StartError } from '../start-error.ts'
import { packError, unpackError } from './portable-error.ts'

const create = (): never => {
  throw new Error('nothing is made here')
}
const configuration = configurationOf({
  receivers: { a: { create } },
  exporters: { a: { create } },
  pipelines: { metrics: ['a', '', 'a'] },
})

function crossed(error: unknown): Error {
  return unpackError(structuredClone(packError(error)), configuration)
}

test('mistakes in options come back with their component and their place', () => {
  const component = configuration.exporters.get('a')
  if (component === undefined) throw new Error('it is there')
  const error = new ConfigError('wrong', ['x', 0], { others: [new ConfigError('also', ['y'])] })
  const after = crossed(new GraphError([{ component, error }]))
  expect(after).toBeInstanceOf(GraphError)
  const { mistakes } = after as GraphError
  expect(mistakes.map(({ component: of, error: { message, path } }) => [of, message, path])).toEqual([
    [component, 'wrong', ['x', 0]],
    [component, 'also', ['y']],
  ])
})

test('the error of a start says whose it is, as it did', () => {
  const after = crossed(new StartError('receiver a', new Error('port 1 is in use')))
  expect(after).toBeInstanceOf(StartError)
  expect(after).toMatchObject({ component: 'receiver a', message: 'receiver a: port 1 is in use' })
})

test('any other error keeps its message', () => {
  expect(crossed(new TypeError('no')).message).toBe('no')
  expect(crossed('no').message).toBe('no')
})
