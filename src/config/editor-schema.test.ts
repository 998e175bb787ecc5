import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { editorSchema } from './editor-schema.ts'

let validate: ValidateFunction
beforeAll(async () => {
  validate = new Ajv2020({
    strict: true,
    strictTypes: false,
    allErrors: true,
    allowUnionTypes: true,
  }).compile(await editorSchema())
})

/** The keys and values that the schema complains about, deepest first. */
function complaints(yaml: string): string[] {
  validate(parse(yaml))
  return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))].toSorted(
    (a, b) => b.length - a.length,
  )
}

describe('the schema accepts', () => {
  test.each(['configs/host.yaml', 'test/fixtures/collector.yaml'])('%s', (file) => {
    expect(complaints(readFileSync(file, 'utf8'))).toEqual([])
  })

  test.each([
    'processors:',
    'processors: { batch: }',
    'processors: { batch/two: }',
    'processors: { batch: { timeout: 5s } }',
    'processors: { batch: { timeout: 0 } }',
    'processors: { batch: { timeout: "${env:T}", send_batch_size: "${env:S:-5}", metadata_keys: "a,b" } }',
    'processors: "${file:processors.yaml}"',
    'service: { telemetry: { logs: { level: debug }, resource: { a: 1, b: null } }, extensions: , shutdown_deadline: 5s }',
    'plugins: [./mine.js]',
    '{}',
  ])('%s', (yaml) => {
    expect(complaints(yaml).filter((path) => path !== '/processors')).toEqual([])
  })
})

describe('the schema complains about', () => {
  test.each([
    ['exporters: { debgu: }', '/exporters'],
    ['processors: { batch: { tiemout: 5s } }', '/processors/batch'],
    ['processors: { batch/two: { timeout: 5 } }', '/processors/batch~1two/timeout'],
    ['processors: { batch: { timeout: 5d } }', '/processors/batch/timeout'],
    ['processors: { batch: { send_batch_size: many } }', '/processors/batch/send_batch_size'],
    ['service: { telemetry: { logs: { level: loud } } }', '/service/telemetry/logs/level'],
    ['servcie: {}', ''],
  ])('%s', (yaml, path) => {
    expect(complaints(yaml)[0]).toBe(path)
  })
})

test('options say what they are for, and what they are when left out', async () => {
  const schema = (await editorSchema()) as { readonly $defs: Record<string, unknown> }
  expect(JSON.stringify(schema.$defs['processor.batch'])).toContain(
    '"timeout":{"description":"How long a data point is held at most. 0 hands on at once.","default":"200ms"',
  )
  expect(JSON.stringify(schema)).not.toMatch(/"(?:weir|minimumDuration|withoutEffect|aliases|anyCase)":/)
})
