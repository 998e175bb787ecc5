import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config, metricsUrl, packingOf } from './config.ts'
import definition from './index.ts'

/** What is wrong with options, as `path: message`. */
function mistakes(written: object): string[] {
  try {
    definition.validate?.(optionsOf(Config, written))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  return []
}

test('options have the defaults of the Collector, where it has them', () => {
  expect(optionsOf(Config, { endpoint: 'http://collector:4318' })).toMatchObject({
    compression: 'gzip',
    encoding: 'proto',
    timeout: 30_000,
    retry_on_failure: { enabled: true, initial_interval: 5000, multiplier: 1.5, max_elapsed_time: 300_000 },
    sending_queue: { num_consumers: 10, queue_size: 1000 },
  })
})

test.for([
  [{ endpoint: 'http://collector:4318' }, 'http://collector:4318/v1/metrics'],
  [{ endpoint: 'http://collector:4318/' }, 'http://collector:4318/v1/metrics'],
  [{ endpoint: 'https://c/otlp?tenant=a' }, 'https://c/otlp/v1/metrics?tenant=a'],
  [{ metrics_endpoint: 'http://p:9090/api/v1/otlp/v1/metrics' }, 'http://p:9090/api/v1/otlp/v1/metrics'],
  [{ endpoint: 'http://a', metrics_endpoint: 'http://b/c' }, 'http://b/c'],
] as const)('%o sends to %s', ([options, url]) => {
  expect(metricsUrl(options).href).toBe(url)
})

test('mistakes are told all at once, with their places', () => {
  expect(mistakes({})).toEqual([': endpoint is missing'])
  expect(
    mistakes({
      endpoint: 'collector:4318',
      compression: 'snappy',
      compression_params: { level: 3 },
      auth: {},
      sending_queue: { storage: 'x' },
    }).map((mistake) => mistake.split(':')[0]),
  ).toEqual(['endpoint', 'compression_params.level', 'sending_queue.storage', 'auth'])
  expect(mistakes({ endpoint: 'http://c', compression_params: { level: 10 } })).toEqual([
    'compression_params.level: gzip has the levels 1 to 9, and -1',
  ])
})

test.for([
  ['gzip', {}, undefined],
  ['gzip', { level: -1 }, 6],
  ['gzip', { level: 9 }, 9],
  ['zstd', { level: -1 }, 3],
  ['zstd', { level: 22 }, 22],
] as const)('the level of %s with %o is %s', ([compression, compression_params, level]) => {
  expect(packingOf({ encoding: 'proto', compression, compression_params }).level).toBe(level)
})
