import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { parseGrpcEndpoint } from '#src/grpc/client/grpc-endpoint.ts'
import { optionsOf } from '#src/testing/options.ts'
import { testContext } from '#src/testing/context.ts'
import { Config } from './config.ts'
import definition from './index.ts'

/** What is wrong with options, as `path: message`. */
function mistakes(written: object): string[] {
  const config = optionsOf(Config, written)
  try {
    definition.validate?.(config)
    definition.create(config, testContext('otlp'))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  return []
}

test('options have the defaults of the Collector, where it has them', () => {
  const config = optionsOf(Config, { endpoint: 'collector:4317' })
  expect(config).toMatchObject({
    compression: 'gzip',
    timeout: 5000,
    balancer_name: 'round_robin',
    keepalive: { time: 10_000, timeout: 10_000, permit_without_stream: false },
    retry_on_failure: {
      enabled: true,
      initial_interval: 5000,
      multiplier: 1.5,
      randomization_factor: 0.5,
      max_interval: 30_000,
      max_elapsed_time: 300_000,
    },
    sending_queue: { num_consumers: 10, queue_size: 1000 },
  })
})

test.for([
  ['collector:4317', 'collector', 4317, undefined],
  ['[::1]:4317', '::1', 4317, undefined],
  ['dns:///collector.example:4317', 'collector.example', 4317, undefined],
  ['dns:collector:4317', 'collector', 4317, undefined],
  ['http://collector:4317', 'collector', 4317, false],
  ['https://collector:4317/', 'collector', 4317, true],
  ['https://collector', 'collector', 443, true],
] as const)('the endpoint %s is understood', ([text, host, port, secure]) => {
  expect(parseGrpcEndpoint(text)).toEqual({ endpoint: { host, port }, secure })
})

test.for([
  ['collector', /expected host:port/],
  [':4317', /lacks a host or a port/],
  ['https://collector:4317/v1/metrics', /no more than scheme, host and port/],
  ['https://user:secret@collector:4317', /a user is told by basic_auth/],
  ['dns://8.8.8.8/collector:4317', /looked up by the system/],
  ['unix:///run/otel.sock', /of the schemes of gRPC only dns is known/],
] as const)('the endpoint %s is refused in words', ([endpoint, words]) => {
  const [mistake, ...others] = mistakes({ endpoint })
  expect(mistake).toMatch(words)
  expect(mistake).toMatch(/^endpoint: /)
  expect(mistake).not.toContain('secret')
  expect(others).toEqual([])
})

test('what the schema cannot see is told all at once, with its place', () => {
  expect(
    mistakes({
      endpoint: 'collector',
      compression: 'snappy',
      auth: { authenticator: 'oauth2client' },
      sending_queue: { storage: 'file_storage', sizer: 'items' },
    }).map((mistake) => mistake.split(':')[0]),
  ).toEqual(['endpoint', 'sending_queue.storage', 'sending_queue.sizer', 'auth', 'compression'])
  expect(mistakes({ endpoint: 'c:1', middlewares: [] })).toEqual([
    'middlewares: middlewares of the Collector are extensions, which Weir does not have',
  ])
  expect(
    mistakes({
      endpoint: 'c:1',
      retry_on_failure: { enabled: false },
      sending_queue: { disk: { directory: '/tmp' } },
    }),
  ).toHaveLength(1)
})

test.for([
  [{ 'grpc-timeout': '1S' }, /the header grpc-timeout is the protocol's own/],
  [{ 'Content-Type': 'text/plain' }, /the header content-type is the protocol's own/],
  [{ 'x-a': 'line\nend' }, /control character/],
  [{ 'x a': 'b' }, /no name can have/],
] as const)('headers that no call can bear are refused: %o', ([headers, words]) => {
  const [mistake] = mistakes({ endpoint: 'c:1', headers })
  expect(mistake).toMatch(words)
  expect(mistake).toMatch(/^headers\./)
})
