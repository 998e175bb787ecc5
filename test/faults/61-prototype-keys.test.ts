import { expect, test } from 'vitest'
import { readConfiguration, type ConfigurationReading } from '#src/config/read-configuration.ts'

async function readYaml(text: string, sets: string[] = [], environment = {}): Promise<ConfigurationReading> {
  return readConfiguration({ files: [`yaml:${text}`], sets, strict: false, environment })
}

function errorsOf({ findings }: ConfigurationReading): string[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ line, path, message }) => `${line} ${path.join('.')}: ${message.slice(0, 11)}`)
}

function expectUnpolluted(): void {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(([] as unknown as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
}

const whole = `
receivers: { hostmetrics: { scrapers: { load: } } }
exporters: { debug: }
service: { pipelines: { metrics: { receivers: [hostmetrics], exporters: [debug] } } }
`

test.each([
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
])('61: the key %s is an unknown key like any other, at every level', async (key) => {
  const reading = await readYaml(`
${key}: { polluted: 1 }
receivers:
  ${key}: { polluted: 1 }
  hostmetrics: { ${key}: { polluted: 1 }, scrapers: { ${key}: { prototype: { polluted: 1 } }, load: } }
exporters: { debug: }
service:
  ${key}: { polluted: 1 }
  pipelines:
    metrics: { receivers: [hostmetrics], exporters: [debug], ${key}: [polluted] }
`)
  expect(errorsOf(reading).filter((each) => each.endsWith(`${key}: unknown key`))).toHaveLength(5)
  expect(errorsOf(reading).some((each) => each.startsWith(`4 receivers.${key}`))).toBe(true)
  expectUnpolluted()
})

test('61: what names a component, a pipeline or an alias of neither is not found on a prototype', async () => {
  const reading = await readYaml(`
receivers: { constructor: , toString/x: }
exporters: { hasOwnProperty: }
service: { pipelines: { metrics: { receivers: [valueOf], exporters: [constructor] }, constructor: { } } }
`)
  expect(errorsOf(reading)).toHaveLength(6)
  expectUnpolluted()
})

test('61: files, --set and values that are merged do not reach a prototype', async () => {
  const reading = await readConfiguration({
    files: [
      `yaml:${whole}`,
      'yaml:{__proto__: {polluted: 1}, constructor: {prototype: {polluted: 1}}}',
      'yaml:__proto__::polluted: 1',
    ],
    sets: [
      '__proto__.polluted=1',
      'constructor.prototype.polluted=1',
      'exporters.__proto__={polluted: 1}',
      'exporters.debug=${env:X}',
    ],
    strict: false,
    environment: { X: '{__proto__: {polluted: 1}}' },
  })
  expect(reading.configuration).toBeUndefined()
  for (const format of ['yaml', 'json'] as const)
    expect(reading.print({ format, reveal: true })).toContain('polluted')
  expectUnpolluted()
})

test('61: merge keys do not reach a prototype', async () => {
  const reading = await readYaml(
    'a: &a {__proto__: {polluted: 1}}\nb: {<<: *a}\nc: {<<: {__proto__: {polluted: 1}}}',
  )
  const printed = JSON.parse(reading.print({ format: 'json', reveal: true })) as Record<'b' | 'c', object>
  expect([printed.b, printed.c].map((each) => Object.keys(each))).toEqual([['__proto__'], ['__proto__']])
  expectUnpolluted()
})

test('61: where any key may stand, these are data', async () => {
  const reading = await readYaml(`
receivers: { hostmetrics: { scrapers: { load: } } }
exporters: { debug: }
extensions: { health_check: { response_headers: { __proto__: a, constructor: b } } }
service:
  extensions: [health_check]
  telemetry: { logs: { initial_fields: { __proto__: x } }, resource: { __proto__: y } }
  pipelines: { metrics: { receivers: [hostmetrics], exporters: [debug] } }
`)
  expect(errorsOf(reading)).toEqual([])
  const options = reading.configuration?.extensions.get('health_check')?.options as {
    readonly response_headers: object
  }
  expect(Object.entries(options.response_headers)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  expect(Object.entries(reading.configuration?.telemetry.logs.initialFields ?? {})).toEqual([
    ['__proto__', 'x'],
  ])
  expect(Object.entries(reading.configuration?.telemetry.resource ?? {})).toEqual([['__proto__', 'y']])
  expectUnpolluted()
})

test('61: a variable is not found on a prototype', async () => {
  const reading = await readYaml(whole.replace('debug: ', 'debug: { verbosity: "${env:toString}" }'))
  expect(reading.findings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('the environment variable toString is not set'),
  )
})
