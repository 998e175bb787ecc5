import { afterEach, expect, test } from 'vitest'
import { Secret } from '#src/config/secret.ts'
import type { RunningServer } from '#src/http/server.ts'
import {
  defaultAdminSettings,
  startAdminServer,
  type AdminSettings,
} from '#src/telemetry/admin/admin-server.ts'
import { adminRoutes } from '#src/telemetry/admin/routes.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeComponent, fakeService } from '#src/testing/service.ts'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (server) => await server.close()))
})

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

const service = fakeService(fakeComponent({ kind: 'exporter', id: 'secret_name', error: 'secret detail' }))
const open = ['/livez', '/readyz']

/** Every path and method that the server answers, of both forms of health. */
const routes = [
  { path: '/' },
  {
    path: '/',
    v2: {
      statusPath: '/health',
      componentHealth: {
        include_permanent_errors: false,
        include_recoverable_errors: false,
        recovery_duration: 1,
      },
    },
  },
].flatMap((health) =>
  adminRoutes({ health, service, logger: new CapturedLog(), clock: new FakeClock() }).flatMap(
    ({ path, methods, access }) => methods.map((method) => ({ health, path, method, access })),
  ),
)

function pathsOf(access: string): string[] {
  return [...new Set(routes.filter((route) => route.access === access).map(({ path }) => path))]
}

async function start(
  health: AdminSettings['health'],
  server: Partial<AdminSettings['server']>,
): Promise<
  (path: string, method: string, authorization?: string) => Promise<[status: number, body: string]>
> {
  const started = await startAdminServer(
    { server: { ...defaultAdminSettings.server, endpoint: '0.0.0.0:0', ...server }, health },
    service,
    new CapturedLog(),
  )
  running.push(started)
  return async (path, method, authorization) => {
    const response = await fetch(`http://127.0.0.1:${started.address.port}${path}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    })
    return [response.status, await response.text()]
  }
}

test('69: anyone may ask two routes, details and the reload are for operators', () => {
  expect({ anyone: pathsOf('anyone'), client: pathsOf('client'), operator: pathsOf('operator') }).toEqual({
    anyone: open,
    client: ['/', '/health'],
    operator: [
      '/status',
      '/targets',
      '/api/v1/targets',
      '/relabel-debug',
      '/api/v1/relabel-debug',
      '/-/reload',
    ],
  })
})

test('69: no route but /livez and /readyz answers without the right credentials, and none says why', async () => {
  const auth = {
    bearer_token: new Secret('right'),
    basic_auth: { username: 'user', password: new Secret('right'), users: [] },
  }
  const wrong = [undefined, 'Bearer wrong', 'Bearer', 'right', basic('user:wrong'), basic('other:right')]
  for (const { health, path, method } of routes.filter((route) => !open.includes(route.path))) {
    // One server for each, since a client that fails too often is made to wait.
    const ask = await start(health, { auth })
    const answers = await Promise.all(wrong.map(async (each) => await ask(path, method, each)))
    const body = method === 'HEAD' ? '' : 'unauthorized\n'
    expect({ path, method, answers }).toEqual({ path, method, answers: answers.map(() => [401, body]) })
    for (const right of ['Bearer right', basic('user:right')]) {
      const [status] = await ask(path, method, right)
      expect({ path, method, status }).toEqual({ path, method, status: 200 })
    }
  }
})

test('69: a path that does not exist is no way to learn what exists', async () => {
  const ask = await start({ path: '/' }, { auth: { bearer_token: new Secret('right') } })
  const paths = ['/nowhere', '/status/', '//status', '/livez/', '/LIVEZ', '/%6civez', '/debug/pprof/']
  for (const path of paths) expect([path, ...(await ask(path, 'GET'))]).toEqual([path, 401, 'unauthorized\n'])
})

test('69: guessing is slowed down, also for the guess that is right', async () => {
  const ask = await start({ path: '/' }, { auth: { bearer_token: new Secret('right') } })
  for (let count = 0; count < 10; count++) expect((await ask('/status', 'GET', 'Bearer wrong'))[0]).toBe(401)
  expect((await ask('/status', 'GET', 'Bearer wrong'))[0]).toBe(429)
  expect((await ask('/status', 'GET', 'Bearer right'))[0]).toBe(429)
  expect((await ask('/livez', 'GET'))[0]).toBe(200)
})

test('69: without credentials on a wider address, nobody sees details or changes anything', async () => {
  for (const { health, path, method, access } of routes) {
    const [status, body] = await (await start(health, {}))(path, method)
    expect({ path, method, status }).toEqual({ path, method, status: access === 'operator' ? 403 : 200 })
    expect(body).not.toContain('secret')
  }
})
