import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { defineExtension, type Extension, type ExtensionContext } from '#src/component/define.ts'
import type { ComponentConfig, Configuration } from '#src/config/configuration.ts'
import type { ExtensionDefinition } from '#src/component/define.ts'
import { Options } from '#src/config/schema.ts'
import { StartError } from '#src/pipeline/start-error.ts'
import { defaultAdminSettings } from '#src/telemetry/admin/admin-server.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { configurationOf } from '#src/testing/configuration.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { fakeService } from '#src/testing/service.ts'
import { startSurroundings, type RunningSurroundings } from './surroundings.ts'

const admin = { ...defaultAdminSettings, server: { endpoint: '127.0.0.1:0' } }

const running: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** Extensions in this order; own metrics on any port where `metrics` is set. */
function configuration(
  extensions: Readonly<Record<string, (context: ExtensionContext) => Extension>>,
  { metrics }: { readonly metrics?: number } = {},
): Configuration {
  const configs = Object.entries(extensions).map(
    ([id, create]): [string, ComponentConfig<ExtensionDefinition>] => [
      id,
      {
        id,
        definition: defineExtension({
          type: id.split('/')[0] ?? id,
          stability: 'development',
          description: 'A test extension.',
          config: Options({}),
          create: (_, context) => create(context),
        }),
        options: {},
        path: ['extensions', id],
        fingerprint: '',
      },
    ],
  )
  const base = configurationOf({ receivers: {}, exporters: {}, pipelines: {} })
  return {
    ...base,
    extensions: new Map(configs),
    serviceExtensions: Object.keys(extensions),
    telemetry: {
      ...base.telemetry,
      metrics:
        metrics === undefined
          ? { level: 'none', readers: [] }
          : { level: 'basic', readers: [{ kind: 'prometheus', host: '127.0.0.1', port: metrics }] },
    },
  }
}

/** An extension that notes what is done to it. */
function noting(
  notes: string[],
  { fails }: { readonly fails?: 'start' | 'stop' } = {},
): (context: ExtensionContext) => Extension {
  return ({ id, service, signal }) => {
    const note = (what: 'start' | 'stop') => (): void => {
      notes.push(`${what} ${id} ${service.version} ${signal.aborted}`)
      if (fails === what) throw new Error(`no ${what}`)
    }
    return { start: note('start'), stop: note('stop') }
  }
}

async function start(given: Configuration, logger = new CapturedLog()): Promise<RunningSurroundings> {
  const surroundings = await startSurroundings(given, fakeService(), logger, {
    clock: new FakeClock(),
    admin,
  })
  running.push(async () => await surroundings.stop())
  return surroundings
}

test('extensions are started in order, with the service, and stopped in the reverse', async () => {
  const notes: string[] = []
  const logger = new CapturedLog()
  const given = configuration({
    health_check: noting(notes),
    b: noting(notes, { fails: 'stop' }),
    c: noting(notes),
  })
  await (await start(given, logger)).stop()
  expect(notes).toEqual([
    'start health_check 1.2.3 false',
    'start b 1.2.3 false',
    'start c 1.2.3 false',
    'stop c 1.2.3 true',
    'stop b 1.2.3 true',
    'stop health_check 1.2.3 true',
  ])
  expect(logger.lines).toMatchObject([{ level: 'error', fields: { part: 'extensions.b' } }])
})

test('an extension that cannot start is named, and what was started is stopped', async () => {
  const notes: string[] = []
  const given = configuration({
    health_check: noting(notes),
    'b/1': noting(notes, { fails: 'start' }),
    c: noting(notes),
  })
  await expect(start(given)).rejects.toEqual(new StartError('extensions.b/1', new Error('no start')))
  expect(notes).toEqual([
    'start health_check 1.2.3 false',
    'start b/1 1.2.3 false',
    'stop health_check 1.2.3 true',
  ])
})

test('own metrics and, without a health_check, the admin server say where they are', async () => {
  const logger = new CapturedLog()
  const surroundings = await start(configuration({}, { metrics: 0 }), logger)
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'own metrics are served',
    'health and status are served',
  ])
  expect(surroundings.locations.map(({ what }) => what)).toEqual(['own metrics', 'status'])
  const urls = surroundings.locations.map(({ location }) => location)
  expect(await Promise.all(urls.map(async (url) => (await fetch(url)).status))).toEqual([200, 200])
  await surroundings.stop()
  await Promise.all(urls.map(async (url) => await expect(fetch(url)).rejects.toThrow('fetch failed')))
})

test('a port in use stops the start with a sentence that names it', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  running.push(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  await expect(start(configuration({}, { metrics: port }))).rejects.toThrow(
    `service.telemetry.metrics: cannot listen on 127.0.0.1:${port}: in use by another component of this process`,
  )
})
