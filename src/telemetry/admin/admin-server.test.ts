import { request, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import { formatEndpoint } from '#src/http/endpoint.ts'
import type { RunningServer } from '#src/http/server.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeComponent, fakeService, type FakeService } from '#src/testing/service.ts'
import { defaultAdminSettings, startAdminServer, type AdminSettings } from './admin-server.ts'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => await server.close()))
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Ask = (path: string, options?: { method?: string; headers?: Record<string, string> }) => Promise<Answer>

interface Given {
  readonly service?: FakeService
  readonly server?: Partial<AdminSettings['server']>
  readonly health?: Partial<AdminSettings['health']>
  readonly logger?: CapturedLog
  readonly clock?: FakeClock
}

async function start({
  service = fakeService(),
  server = {},
  health = {},
  logger = new CapturedLog(),
  clock = new FakeClock(),
}: Given = {}): Promise<Ask> {
  const settings = {
    server: { ...defaultAdminSettings.server, endpoint: '127.0.0.1:0', ...server },
    health: { ...defaultAdminSettings.health, ...health },
  }
  const started = await startAdminServer(settings, service, logger, clock)
  running.push(started)
  const { port } = started.address
  return async (path, { method = 'GET', headers = {} } = {}) =>
    await new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        const { statusCode: status, headers: received } = response
        text(response).then((body) => resolve({ status, headers: received, body }), reject)
      })
      sent.on('error', reject).end()
    })
}

describe('/livez and /readyz', () => {
  test('answer from the start on, and readiness only once everything is started', async () => {
    const service = fakeService()
    service.started = false
    const ask = await start({ service })
    expect(await ask('/livez')).toMatchObject({ status: 200, body: '{"alive":true}\n' })
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"reasons":["starting"]}\n',
    })
    service.started = true
    expect(await ask('/readyz?verbose')).toMatchObject({ status: 200, body: '{"ready":true,"reasons":[]}\n' })
    service.stopping = true
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"reasons":["stopping"]}\n',
    })
    expect((await ask('/livez')).status).toBe(200)
  })

  test('name the receivers and exporters that failed, and not why', async () => {
    const failed = { state: 'permanent_error', error: 'canary' } as const
    const ask = await start({
      service: fakeService(
        fakeComponent({ kind: 'receiver', id: 'otlp', ...failed }),
        fakeComponent({ kind: 'processor', id: 'batch', ...failed }),
        fakeComponent({ kind: 'exporter', id: 'json/a', ...failed }),
        fakeComponent({ kind: 'exporter', id: 'debug', state: 'recoverable_error', error: 'canary' }),
      ),
    })
    expect(JSON.parse((await ask('/readyz')).body)).toEqual({
      ready: false,
      reasons: ['receiver otlp failed', 'exporter json/a failed'],
    })
  })

  test('tell when a receiver with a schedule has emitted nothing for three intervals', async () => {
    const clock = new FakeClock()
    const silent = fakeComponent({ kind: 'receiver', id: 'hostmetrics', since: clock.now() })
    const waiting = fakeComponent({ kind: 'receiver', id: 'otlp', since: clock.now() })
    if (silent.collections !== undefined) silent.collections.intervalMs = 10_000
    const ask = await start({ service: fakeService(silent, waiting), clock })
    const ready = async (): Promise<unknown> => JSON.parse((await ask('/readyz')).body)
    await clock.advance(30_000)
    expect(await ready()).toEqual({ ready: true, reasons: [] })
    await clock.advance(1)
    const reasons = ['receiver hostmetrics emitted nothing for 3 intervals']
    expect(await ready()).toEqual({ ready: false, reasons })
    silent.lastActivity = clock.now()
    expect(await ready()).toEqual({ ready: true, reasons: [] })
    await clock.advance(30_001)
    expect(await ready()).toEqual({ ready: false, reasons })
  })
})

describe('the path of the Collector', () => {
  test('answers as its health_check does, whatever components do', async () => {
    const clock = new FakeClock()
    const service = fakeService(fakeComponent({ kind: 'exporter', state: 'permanent_error' }))
    const ask = await start({ service, clock })
    await clock.advance(1500)
    expect(await ask('/')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: '{"status":"Server available","upSince":"2023-11-14T22:13:20.000Z","uptime":"1.5s"}\n',
    })
    service.started = false
    expect(await ask('/')).toMatchObject({
      status: 503,
      body: expect.stringContaining('"Server not available"'),
    })
  })

  test('has the place and the bodies that are configured', async () => {
    const service = fakeService()
    const ask = await start({
      service,
      health: { path: '/health/status', responseBody: { healthy: 'fine', unhealthy: 'bad' } },
    })
    expect(await ask('/health/status')).toMatchObject({ status: 200, body: 'fine' })
    service.stopping = true
    expect(await ask('/health/status')).toMatchObject({ status: 503, body: 'bad' })
    expect((await ask('/')).status).toBe(404)
  })
})

describe('health_check v2', () => {
  const componentHealth = {
    include_permanent_errors: true,
    include_recoverable_errors: true,
    recovery_duration: 60_000,
  }
  const forgiving = { ...componentHealth, include_permanent_errors: false, include_recoverable_errors: false }

  test('answers with the error that weighs most, and 500 where it counts', async () => {
    const clock = new FakeClock()
    const service = fakeService(
      fakeComponent({ kind: 'receiver' }),
      fakeComponent({ kind: 'exporter', id: 'a' }),
    )
    const [, exporter] = service.listed
    const strict = await start({ service, clock, health: { v2: { statusPath: '/status', componentHealth } } })
    const lenient = await start({
      service,
      clock,
      health: { v2: { statusPath: '/health', componentHealth: forgiving } },
    })
    const both = async (): Promise<unknown[]> => {
      const answers = [await strict('/status'), await lenient('/health')]
      return answers.map(({ status, body }) => [status, JSON.parse(body)])
    }
    expect(await both()).toEqual(
      [0, 1].map(() => [
        200,
        {
          start_time: '2023-11-14T22:13:20.000Z',
          healthy: true,
          status: 'StatusOK',
          status_time: '2023-11-14T22:13:20.000Z',
        },
      ]),
    )
    Object.assign(exporter ?? {}, { state: 'recoverable_error', error: 'canary', since: clock.now() })
    const recoverable = { status: 'StatusRecoverableError', error: 'exporter a' }
    expect(await both()).toMatchObject([
      [200, recoverable],
      [200, recoverable],
    ])
    await clock.advance(60_001)
    expect(await both()).toMatchObject([
      [500, { ...recoverable, healthy: false }],
      [200, { ...recoverable, healthy: true }],
    ])
    Object.assign(exporter ?? {}, { state: 'permanent_error' })
    expect(await both()).toMatchObject([
      [500, { status: 'StatusPermanentError' }],
      [200, { status: 'StatusPermanentError' }],
    ])
    service.started = false
    expect(await both()).toMatchObject([
      [503, { status: 'StatusStarting' }],
      [503, { status: 'StatusStarting' }],
    ])
    service.stopping = true
    expect(await both()).toMatchObject([
      [503, { status: 'StatusStopping' }],
      [503, { status: 'StatusStopping' }],
    ])
  })

  test('adds the components where asked to, and says what it cannot do', async () => {
    const service = fakeService(fakeComponent({ kind: 'exporter', id: 'a' }))
    const ask = await start({ service, health: { v2: { statusPath: '/status', componentHealth } } })
    expect(JSON.parse((await ask('/status?verbose')).body)).toMatchObject({
      status: 'StatusOK',
      components: [{ kind: 'exporter', id: 'a' }],
    })
    expect((await ask('/status?verbose=false')).body).not.toContain('components')
    expect((await ask('/status?pipeline=metrics')).status).toBe(400)
    expect((await ask('/')).status).toBe(404)
  })

  test('can be switched off', async () => {
    const ask = await start({ health: { path: '/', v2: { statusPath: undefined, componentHealth } } })
    expect([(await ask('/')).status, (await ask('/livez')).status]).toEqual([404, 200])
  })

  test('bound wider without credentials, tells the status and no details', async () => {
    const ask = await start({
      server: { endpoint: '0.0.0.0:0' },
      health: { v2: { statusPath: '/status', componentHealth } },
    })
    expect(await ask('/status')).toMatchObject({ status: 200 })
    expect(await ask('/status?verbose')).toMatchObject({ status: 403, body: 'forbidden\n' })
  })
})

test('/status tells all there is', async () => {
  const clock = new FakeClock()
  const receiver = fakeComponent({ kind: 'receiver', id: 'hostmetrics', lastActivity: clock.now() })
  receiver.collections?.record({ source: 'cpu', durationMs: 20, error: '__proto__' })
  const exporter = fakeComponent({
    kind: 'exporter',
    id: 'json',
    state: 'permanent_error',
    error: 'disk full',
  })
  exporter.ledger.accepted = 10
  exporter.ledger.dropped.add('disk_full', 10)
  const service = fakeService(receiver, exporter)
  service.lastReload = { ok: false, changed: false, message: 'config.yaml:3:5: no', time: clock.now() }
  service.reloads = { ok: 1, failed: 2 }
  const ask = await start({ service, clock })
  await clock.advance(2000)
  const { status, body, headers } = await ask('/status', { headers: { 'accept-encoding': 'identity' } })
  expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  expect(JSON.parse(body)).toEqual({
    ready: false,
    reasons: ['exporter json failed'],
    version: '1.2.3',
    start_time: '2023-11-14T22:13:20.000Z',
    uptime_seconds: 2,
    config: {
      loaded_at: '2023-11-14T22:13:20.000Z',
      reloads: { ok: 1, failed: 2 },
      last_reload: {
        ok: false,
        changed: false,
        message: 'config.yaml:3:5: no',
        time: '2023-11-14T22:13:20.000Z',
      },
    },
    interned: { sets: expect.any(Number) },
    components: [
      {
        kind: 'receiver',
        id: 'hostmetrics',
        state: 'ok',
        since: '2023-11-14T22:13:20.000Z',
        last_activity: '2023-11-14T22:13:20.000Z',
        points: {
          accepted: 0,
          refused: 0,
          restored: 0,
          delivered: 0,
          queued: 0,
          stored: 0,
          rejected: {},
          dropped: {},
        },
        collections: {
          sources: [
            {
              source: 'cpu',
              collections: 1,
              errors: JSON.parse('{"__proto__":1}') as unknown,
              last_duration_seconds: 0.02,
              duration_seconds: 0.02,
              series: 0,
              churn: 0,
              missed: 0,
            },
          ],
        },
      },
      {
        kind: 'exporter',
        id: 'json',
        state: 'permanent_error',
        since: '2023-11-14T22:13:20.000Z',
        error: 'disk full',
        points: {
          accepted: 10,
          refused: 0,
          restored: 0,
          delivered: 0,
          queued: 0,
          stored: 0,
          rejected: {},
          dropped: { disk_full: 10 },
        },
      },
    ],
  })
})

describe('a reload', () => {
  const post = { method: 'POST' }

  test('answers what came of it, and 400 with every mistake where the configuration is bad', async () => {
    const service = fakeService()
    const logger = new CapturedLog()
    const ask = await start({ service, logger })
    expect(await ask('/-/reload', post)).toMatchObject({ status: 200, body: 'nothing changed\n' })
    const message = 'config.yaml:3:5: unknown key "recievers"\n'
    service.reload = async () => await Promise.resolve({ ok: false, changed: false, message, time: 0 })
    expect(await ask('/-/reload', post)).toMatchObject({ status: 400, body: message })
    expect(logger.lines[1]).toMatchObject({
      message: 'a reload was asked for',
      fields: { address: '127.0.0.1' },
    })
  })

  test('is a POST and nothing else', async () => {
    const ask = await start()
    expect(await ask('/-/reload')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await ask('/livez', post)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    expect((await ask('/nowhere')).status).toBe(404)
  })

  test('runs alone: another one is told to come again', async () => {
    const service = fakeService()
    const { reload } = service
    let finish: (() => void) | undefined
    const gate = new Promise<void>((resolve) => (finish = resolve))
    let calls = 0
    service.reload = async () => {
      calls++
      await gate
      return await reload()
    }
    const ask = await start({ service })
    const first = ask('/-/reload', post)
    await expect.poll(() => calls).toBe(1)
    expect(await ask('/-/reload', post)).toMatchObject({ status: 409, headers: { 'retry-after': '1' } })
    finish?.()
    expect((await first).status).toBe(200)
    expect((await ask('/-/reload', post)).status).toBe(200)
    expect(calls).toBe(2)
  })

  test('is refused to pages of other sites, also where a name was bent to this machine', async () => {
    const ask = await start()
    const asPage = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await ask('/-/reload', { method: 'POST', headers })).status
    const [{ address } = { address: { host: '', port: 0 } }] = running
    expect(await asPage({ origin: 'http://evil.example' })).toBe(403)
    expect(await asPage({ origin: 'null' })).toBe(403)
    expect(await asPage({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await asPage({ host: `evil.example:${address.port}` })).toBe(403)
    expect((await ask('/status', { headers: { host: 'evil.example' } })).status).toBe(403)
    expect(await asPage({ host: `localhost:${address.port}` })).toBe(200)
    expect(await asPage({ host: `[::1]:${address.port}` })).toBe(200)
    expect(
      await asPage({ origin: `http://${formatEndpoint(address)}`, 'sec-fetch-site': 'same-origin' }),
    ).toBe(200)
  })
})

test('credentials open what is closed elsewhere', async () => {
  const headers = { authorization: 'Bearer canary' }
  const logger = new CapturedLog()
  const ask = await start({
    logger,
    server: { endpoint: '0.0.0.0:0', auth: { bearer_token: new Secret('canary') } },
  })
  expect((await ask('/status', { headers })).status).toBe(200)
  expect((await ask('/-/reload', { method: 'POST', headers })).status).toBe(200)
  expect((await ask('/status')).status).toBe(401)
  expect(logger.lines.map(({ message }) => message)).not.toContain(
    'the admin server can be reached from elsewhere and asks for no credentials: status and reload are refused',
  )
})

test('the default is the address of this machine alone', () => {
  expect(defaultAdminSettings.server.endpoint).toBe('127.0.0.1:13133')
})
