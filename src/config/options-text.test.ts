import { expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import { OptionsText } from './options-text.ts'
import { Options, PrometheusDuration, SecretText, Type } from './schema.ts'

const schema = Options({
  every: PrometheusDuration({ description: 'How often.', default: '1m' }),
  token: Type.Optional(SecretText({ description: 'A secret.' })),
})

test('options of a text of their own are read as those of the configuration', () => {
  const text = new OptionsText('a.yml', 'every: 1d', schema)
  expect([text.options, text.findings]).toEqual([{ every: 86_400_000 }, []])
  expect(new OptionsText('a.yml', '', schema).options).toEqual({ every: 60_000 })
})

test.each([
  ['a schema', 'every: soon\nnever: 1', 'a.yml:1:8 error: every: expected a duration such as 15s or 1d12h'],
  ['YAML', 'every: [', 'a.yml:1:9 error'],
])('what does not hold to %s is found at its place', (_, yaml, expected) => {
  const text = new OptionsText('a.yml', yaml, schema)
  expect(text.options).toBeUndefined()
  expect(text.findings[0]?.text).toContain(expected)
})

test('mistakes that are found later have their place too, and show no secret', () => {
  const text = new OptionsText('a.yml', 'every: 5s\ntoken: canary', schema)
  text.add(
    new ConfigError('is too short', ['every'], { others: [new ConfigError('is no token', ['token'])] }),
  )
  expect(text.findings.map(({ line, message }) => [line, message])).toEqual([
    [1, 'is too short'],
    [2, 'is no token'],
  ])
  expect(JSON.stringify(text.findings)).not.toContain('canary')
})
