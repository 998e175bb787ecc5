import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import type { TSchema } from '#src/config/schema.ts'
import { Config, type HealthCheckConfig } from '#src/extensions/health_check/config.ts'
import definition from '#src/extensions/health_check/index.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { startOwnTelemetry } from '#src/telemetry/own-telemetry.ts'
import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
import { fakeComponent, fakeService } from '#src/testing/service.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const canary = 'canary-7f3a'
const stops: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Every option of a schema that holds a secret, by its place. */
function secretPlaces(schema: TSchema, place = ''): string[] {
  const { properties, items, weir } = schema as {
    readonly properties?: Readonly<Record<string, TSchema>>
    readonly items?: TSchema
    readonly weir?: string
  }
  if (weir === 'secret') return [place]
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, option]) => secretPlaces(option, `${place}.${key}`)),
    ...(items === undefined ? [] : secretPlaces(items, `${place}[]`)),
  ]
}

const server = {
  endpoint: '127.0.0.1:0',
  read_header_timeout: 10_000,
  read_timeout: 30_000,
  write_timeout: 30_000,
  idle_timeout: 60_000,
  keep_alives_enabled: true,
  max_connections: 256,
  response_headers: {},
  basic_auth: {
    username: 'user',
    password: new Secret(canary),
    users: [{ username: 'other', password: new Secret(canary) }],
  },
  bearer_token: new Secret(canary),
}
const tls = {
  cert_pem: 'no certificate',
  key_pem: new Secret(canary),
  min_version: '1.2',
  max_version: '1.3',
  reload_interval: 0,
} as const
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

test('70: the options below hold every secret of health_check', () => {
  const places = ['.tls.key_pem', '.basic_auth.password', '.basic_auth.users[].password', '.bearer_token']
  expect(secretPlaces(Config)).toEqual([...places, ...places.map((place) => `.http${place}`)])
})

test('70: no secret is in a log, an answer, a metric or an error', async () => {
  const seen: string[] = []
  const logger = StructuredLogger.open({ level: 'debug', encoding: 'json', write: (line) => seen.push(line) })
  const service = fakeService(fakeComponent({ kind: 'exporter' }))

  async function run(options: HealthCheckConfig): Promise<string> {
    const lines = seen.length
    logger.info(`starting ${seen.length}`, { options })
    const extension = definition.create(options, {
      id: 'health_check',
      logger: logger.child({ component: `health_check/${seen.length}`, options }),
      clock: { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => undefined },
      signal: new AbortController().signal,
      ledger: new Ledger(),
      service,
    })
    await extension.start?.()
    stops.push(async () => await extension.stop?.())
    const line = seen.slice(lines).find((each) => each.includes('"address"')) ?? '{}'
    return `http://${String((JSON.parse(line) as { readonly address?: string }).address)}`
  }

  const url = await run(config)
  const headers = ['Bearer wrong', `Bearer ${canary}`, basic(`user:${canary}`), basic(`user:${canary}x`)]
  for (const path of ['/', '/status', '/livez', '/readyz', '/nowhere', `/status?token=${canary}`]) {
    for (const authorization of headers) {
      const response = await fetch(url + path, { headers: { authorization } })
      seen.push(inspect([...response.headers]), await response.text())
    }
  }

  // What goes wrong tells no secret either: a key that does not load, a port that is taken, a peer that is not there.
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  stops.push(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  for (const wrong of [
    { ...config, tls },
    { ...config, endpoint: `127.0.0.1:${port}` },
    { ...config, basic_auth: { ...server.basic_auth, username: 'a:b' } },
  ]) {
    const failure = run(wrong)
    await expect(failure).rejects.toThrow(/./)
    const error: unknown = await failure.catch((reason: unknown) => reason)
    logger.error(`failed ${seen.length}`, { error })
    seen.push(inspect(error, { depth: 10 }), String(error))
  }

  const telemetry = await startOwnTelemetry(
    {
      logs: { level: 'debug', encoding: 'json', initialFields: {} },
      metrics: {
        level: 'detailed',
        readers: [
          { kind: 'prometheus', host: '127.0.0.1', port: 0 },
          {
            kind: 'otlp_grpc',
            endpoint: `http://127.0.0.1:${port}`,
            intervalMs: 60_000,
            timeoutMs: 1000,
            headers: { authorization: new Secret(canary) },
            insecure: true,
          },
        ],
      },
      resource: {},
    },
    service,
    logger,
  )
  seen.push(await (await fetch(telemetry.locations[0] ?? '')).text())
  await telemetry.shutdown()

  expect(seen.filter((text) => text.includes('own metrics could not be pushed')).length).toBeGreaterThan(0)
  expect(seen.length).toBeGreaterThan(50)
  const encoded = Buffer.from(`user:${canary}`).toString('base64')
  expect(seen.filter((text) => text.includes(canary) || text.includes(encoded))).toEqual([])
})
