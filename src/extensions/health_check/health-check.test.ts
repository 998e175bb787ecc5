import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { Secret } from '#src/config/secret.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeService } from '#src/testing/service.ts'
import type { HealthCheckConfig } from './config.ts'
import definition from './index.ts'
import { adminSettings, validateHealthCheck } from './settings.ts'

const server = {
  endpoint: '127.0.0.1:13133',
  read_header_timeout: 10_000,
  read_timeout: 30_000,
  write_timeout: 300_000,
  idle_timeout: 60_000,
  keep_alives_enabled: true,
  max_connections: 256,
  response_headers: {},
}
const config: HealthCheckConfig = {
  ...server,
  path: '/',
  use_v2: false,
  component_health: {
    include_permanent_errors: false,
    include_recoverable_errors: false,
    recovery_duration: 60_000,
  },
}
const http = {
  ...server,
  endpoint: '127.0.0.1:13134',
  status: { enabled: true, path: '/health' },
  config: { enabled: false, path: '/config' },
}

const stops: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Every mistake that `validate` finds: its place and its text. */
function mistakes(options: Partial<HealthCheckConfig>): string[] {
  try {
    validateHealthCheck({ ...config, ...options })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

describe('the options', () => {
  test('of the first form set the address, the path and the bodies', () => {
    const bodies = { healthy: 'yes', unhealthy: 'no' }
    expect(adminSettings({ ...config, path: '/health', response_body: bodies })).toMatchObject({
      server: { endpoint: '127.0.0.1:13133', limits: { responseTimeoutMs: 300_000 } },
      health: { path: '/health', responseBody: bodies },
    })
  })

  test('of the second form come from http, or are the default', () => {
    const { component_health: componentHealth } = config
    expect(adminSettings({ ...config, use_v2: true })).toMatchObject({
      server: { endpoint: '127.0.0.1:13133' },
      health: { v2: { statusPath: '/status', componentHealth } },
    })
    expect(adminSettings({ ...config, use_v2: true, http })).toMatchObject({
      server: { endpoint: '127.0.0.1:13134' },
      health: { v2: { statusPath: '/health', componentHealth } },
    })
    const off = { ...http, status: { ...http.status, enabled: false } }
    expect(adminSettings({ ...config, use_v2: true, http: off }).health.v2?.statusPath).toBeUndefined()
  })

  test('that go together are accepted, those of the Collector without effect too', () => {
    const check_collector_pipeline = { enabled: true, interval: 1, exporter_failure_threshold: 5 }
    expect(mistakes({ check_collector_pipeline, grpc: null })).toEqual([])
    expect(mistakes({ use_v2: true, http, endpoint: 'ignored' })).toEqual([])
  })

  test('that do not are refused, all at once, each with its place', () => {
    expect(mistakes({ endpoint: 'here', basic_auth: { username: 'a', users: [] }, http, grpc: {} })).toEqual([
      'grpc: health by gRPC is not offered: use http',
      'http: has an effect only with use_v2: true',
      'endpoint: "here" is no endpoint: expected host:port, as in localhost:9464',
      'basic_auth: username and password go together',
    ])
    const tls = { reload_interval: 0, min_version: '1.2', max_version: '1.3' } as const
    const wrong = { ...http, config: { enabled: true, path: '/config' }, tls, bearer_token: new Secret('') }
    expect(mistakes({ use_v2: true, http: wrong })).toEqual([
      'http.config.enabled: the configuration is not served: `weir print-config --redacted` prints it',
      'http.bearer_token: is empty',
      'http.tls: the server needs a certificate: cert_file or cert_pem',
    ])
  })
})

test('the extension answers while it runs', async () => {
  const logger = new CapturedLog()
  const extension = definition.create(
    { ...config, endpoint: '127.0.0.1:0', path: '/health' },
    {
      id: 'health_check',
      logger,
      clock: new FakeClock(),
      signal: new AbortController().signal,
      ledger: new Ledger(),
      service: fakeService(),
    },
  )
  await extension.start?.()
  stops.push(async () => await extension.stop?.())
  const url = String(new URL('/health', extension.location))
  const response = await fetch(url)
  expect(response.status).toBe(200)
  await extension.stop?.()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
