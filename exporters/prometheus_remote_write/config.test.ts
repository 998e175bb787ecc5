import { expect, test } from 'vitest'
import { ConfigError, type Path } from '#src/config/config-error.ts'
import { testContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { checkConfig, Config, endpointUrl, protocolOptions, type RemoteWriteConfig } from './config.ts'
import definition from './index.ts'

function configOf(written: object): RemoteWriteConfig {
  return optionsOf(Config, { endpoint: 'http://localhost:9090/api/v1/write', ...written })
}

function mistakesOf(check: () => unknown): (readonly [Path, string])[] {
  try {
    check()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => [path, message])
  }
}

test('all mistakes are told at once, each at its place', () => {
  const config = configOf({
    endpoint: 'localhost:9090',
    protobuf_message: 'io.prometheus.write.v2.Request',
    compression: 'zstd',
    keep_classic_histograms: true,
    write_relabel_configs: [{ action: 'keep', source_labels: ['a'], regex: '(' }],
  })
  expect(mistakesOf(() => checkConfig(config)).map(([path]) => path)).toEqual([
    ['endpoint'],
    ['write_relabel_configs', 0, 'regex'],
    ['compression'],
    ['keep_classic_histograms'],
  ])
})

test('the endpoint is in one of two places', () => {
  const url = 'https://receiver.example/api/v1/write?tenant=1'
  const inside = optionsOf(Config, { http: { endpoint: url } })
  expect(endpointUrl(inside).href).toBe(url)
  expect(mistakesOf(() => endpointUrl(optionsOf(Config, {})))).toEqual([[[], 'endpoint is missing']])
  expect(mistakesOf(() => endpointUrl({ ...inside, endpoint: url }))).toMatchObject([
    [['http', 'endpoint'], /only one/],
  ])
  expect(mistakesOf(() => endpointUrl(configOf({ endpoint: 'ftp://x/' })))).toMatchObject([
    [['endpoint'], /expected a URL/],
  ])
})

test.each([
  ['prometheus.WriteRequest', { version: '1.0', fallsBack: false, compression: 'snappy' }],
  ['io.prometheus.write.v2.Request', { version: '2.0', fallsBack: false, compression: 'snappy' }],
  ['auto', { version: '2.0', fallsBack: true, compression: 'snappy' }],
])('%s stands for a protocol', (message, options) => {
  expect(protocolOptions(configOf({ protobuf_message: message }))).toEqual(options)
})

test('mistakes in the options of the client are told with their place when it is made', () => {
  const config = configOf({ basic_auth: { username: 'a' }, authorization: { credentials: 'b' } })
  expect(mistakesOf(() => definition.create(config, testContext()))).toHaveLength(1)
})

test('it says where it sends, without what may be secret', () => {
  const made = definition.create(
    configOf({ endpoint: 'http://user:password@receiver:9090/write?token=secret' }),
    testContext(),
  )
  expect(made.location).toBe('http://receiver:9090/write')
})
