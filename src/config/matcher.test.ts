import { expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import { compileMatcher } from './matcher.ts'

test('strict compares whole texts, whatever they contain', () => {
  const matches = compileMatcher('strict', ['eth0', 'a.c'], [])
  expect(['eth0', 'eth01', 'ETH0', 'abc', 'a.c', ''].filter(matches)).toEqual(['eth0', 'a.c'])
})

test('an expression matches anywhere in a text, unless it is anchored itself', () => {
  const anywhere = compileMatcher('regexp', ['eth', '^lo$'], [])
  expect(['eth0', 'veth1', 'lo', 'lo0', 'wlan0'].filter(anywhere)).toEqual(['eth0', 'veth1', 'lo'])
})

test.each(['strict', 'regexp'] as const)('an empty list matches nothing (%s)', (matchType) => {
  const matches = compileMatcher(matchType, [], [])
  expect(['', 'x'].some(matches)).toBe(false)
})

test('every bad expression is reported with its place in the list', () => {
  let thrown: unknown
  try {
    compileMatcher('regexp', ['ok', '(', 'also ok', '[z-a]'], ['metrics', 'include', 'metric_names'])
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(ConfigError)
  const { path, others } = thrown as ConfigError
  expect(path).toEqual(['metrics', 'include', 'metric_names', 1])
  expect(others.map((other) => other.path)).toEqual([['metrics', 'include', 'metric_names', 3]])
})

test('an expression that would take exponential time elsewhere is linear', () => {
  const matches = compileMatcher('regexp', ['^(a+)+$'], [])
  expect(matches(`${'a'.repeat(5000)}b`)).toBe(false)
})
