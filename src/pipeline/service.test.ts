import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Exporter } from '#src/component/define.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { Secret } from '#src/config/secret.ts'
import type { Location, ServiceView } from '#src/telemetry/service-view.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { configurationOf, type GivenConfiguration } from '#src/testing/configuration.ts'
import { exitStatus } from './exit-status.ts'
import type { Mistake } from './mistake.ts'
import type { Reread } from './reloadable-service.ts'
import { runService } from './service.ts'

type TelemetryLevel = Configuration['telemetry']['metrics']['level']

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function until(look: () => unknown): Promise<void> {
  while (look() === undefined || look() === false) await new Promise((resolve) => setTimeout(resolve, 5))
}

function mistake(message: string): Mistake {
  return { message, text: `text of ${message}` }
}

/** A service that runs in this process; signals are emitted, not sent. */
class Running {
  readonly log = new CapturedLog()
  readonly surroundings: string[] = []
  announced: readonly Location[] = []
  next: Reread | Error
  view: ServiceView | undefined
  /** The level of own telemetry that cannot start. */
  impossible: TelemetryLevel | undefined
  readonly status: Promise<number>

  constructor(configuration: Configuration) {
    this.next = { configuration }
    this.status = runService({
      configuration,
      version: '1.2.3',
      logger: this.log,
      writeLine: () => undefined,
      reread: async () => {
        await Promise.resolve()
        if (this.next instanceof Error) throw this.next
        return this.next
      },
      explain: (error) => [mistake(error instanceof Error ? error.message : String(error))],
      announce: (locations) => void (this.announced = locations),
      surround: async ({ telemetry }, view) => {
        await Promise.resolve()
        const { level } = telemetry.metrics
        if (level === this.impossible) throw new Error(`no telemetry at level ${level}`)
        this.view = view
        this.surroundings.push(`start ${level}`)
        return {
          locations: [{ what: 'own', location: 'http://b' }],
          stop: async () => void (await Promise.resolve(this.surroundings.push(`stop ${level}`))),
        }
      },
    })
    ends.push(async () => void (await this.stop()))
  }

  async started(): Promise<this> {
    await until(() => this.view?.started)
    return this
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.view !== undefined && !this.view.stopping) process.emit(signal)
    return await this.status
  }

  messages(): string[] {
    return this.log.lines.map(({ message }) => message)
  }
}

function given(exporter: Partial<Exporter> = {}, options = ''): GivenConfiguration {
  const complete = { consume: () => true, forget: () => undefined, ...exporter }
  return {
    receivers: { in: { create: () => ({ start: () => undefined, stop: () => undefined }) } },
    exporters: { out: { create: () => complete, options } },
    pipelines: { metrics: ['in', '', 'out'] },
  }
}

function withTelemetry(configuration: Configuration, level: TelemetryLevel): Configuration {
  const { telemetry } = configuration
  return { ...configuration, telemetry: { ...telemetry, metrics: { ...telemetry.metrics, level } } }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it with status 0, surroundings last', async (signal) => {
  const service = await new Running(configurationOf(given())).started()
  expect(await service.stop(signal)).toBe(exitStatus.done)
  expect(service.surroundings).toEqual(['start none', 'stop none'])
  expect(service.messages()).toEqual(['everything runs', 'stopping', 'stopped'])
  expect(process.listenerCount('SIGHUP')).toBe(0)
})

test('what was lost at the stop is told, by exporter and number', async () => {
  const configuration = configurationOf({
    ...given(),
    exporters: {
      out: {
        create: ({ ledger }) => ({
          start: () => void (ledger.queued = 7),
          stop: () => ledger.dropped.add('late', 3),
          consume: () => true,
          forget: () => undefined,
        }),
      },
    },
  })
  const service = await new Running(configuration).started()
  await service.stop()
  expect(service.log.lines.at(-1)).toMatchObject({ message: 'stopped', fields: { lost_points: 10 } })
  expect(service.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    {
      message: expect.stringContaining('data points were lost') as string,
      fields: { exporter: 'out', points: 10 },
    },
  ])
})

test('a part that cannot start ends it with status 1, its error told, and nothing left running', async () => {
  const busy = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
  const service = new Running(configurationOf(given({ start: () => Promise.reject(busy) })))
  expect(await service.status).toBe(exitStatus.failed)
  expect(service.log.lines.at(-1)).toMatchObject({
    message: 'the configuration cannot run',
    fields: { reason: 'exporter out: in use' },
  })
  expect(service.surroundings).toEqual(['start none', 'stop none'])
})

test('a start that hangs does not outlast a signal', async () => {
  const service = new Running(
    configurationOf(given({ start: async () => await new Promise(() => undefined) })),
  )
  await until(() => service.view)
  expect(await service.stop()).toBe(exitStatus.done)
  expect(service.messages()).toEqual(['stopping', 'stopped'])
})

test('what people can look at is told once everything runs', async () => {
  const service = await new Running(configurationOf(given({ location: 'http://a' }))).started()
  await until(() => service.messages().includes('everything runs'))
  expect(service.announced).toEqual([
    { what: 'out', location: 'http://a' },
    { what: 'own', location: 'http://b' },
  ])
  expect(service.log.lines.at(-1)?.fields['look_at']).toEqual(['http://a', 'http://b'])
  expect(Array.from(service.view?.components() ?? [], ({ location }) => location)).toEqual([
    undefined,
    'http://a',
  ])
})

test('SIGHUP reads the configuration again', async () => {
  const service = await new Running(configurationOf(given())).started()
  process.emit('SIGHUP')
  await until(() => service.view?.lastReload)
  expect(service.view?.lastReload).toMatchObject({ ok: true, changed: false })
  service.next = { configuration: configurationOf(given({}, 'other')) }
  expect(await service.view?.reload()).toMatchObject({ ok: true, changed: true })
  expect(service.view?.reloads).toEqual({ ok: 2, failed: 0 })
})

test('a bad configuration is refused, each mistake told in the log, all in the answer', async () => {
  const service = await new Running(configurationOf(given())).started()
  service.next = { mistakes: [mistake('one'), mistake('two')] }
  expect(await service.view?.reload()).toMatchObject({ ok: false, message: 'text of one\ntext of two' })
  expect(
    service.log.lines
      .filter(({ level }) => level === 'error')
      .map(({ message, fields }) => [message, fields['reason']]),
  ).toEqual([
    ['the configuration cannot run', 'one'],
    ['the configuration cannot run', 'two'],
    ['the new configuration was refused; the one before goes on', undefined],
  ])
  service.next = new Error('the disk is gone')
  expect(await service.view?.reload()).toMatchObject({ ok: false, message: 'the disk is gone' })
  expect([service.view?.started, service.view?.reloads]).toEqual([true, { ok: 0, failed: 2 }])
})

test('own telemetry is started again where its configuration changed, and only there', async () => {
  const configuration = configurationOf(given())
  const service = await new Running(configuration).started()
  service.next = { configuration: configurationOf(given({}, 'other')) }
  await service.view?.reload()
  service.next = { configuration: withTelemetry(configuration, 'detailed') }
  await service.view?.reload()
  await until(() => service.surroundings.length === 3)
  expect(service.surroundings).toEqual(['start none', 'stop none', 'start detailed'])
})

test('a changed credential of own telemetry is a change', async () => {
  const configuration = configurationOf(given())
  const pushing = (token: string): Configuration => {
    const headers = { authorization: new Secret(token) }
    const times = { intervalMs: 1000, timeoutMs: 1000 }
    const reader = { kind: 'otlp_grpc', endpoint: 'http://peer', insecure: true, headers, ...times } as const
    const { telemetry } = configuration
    return { ...configuration, telemetry: { ...telemetry, metrics: { level: 'basic', readers: [reader] } } }
  }
  const service = await new Running(pushing('one')).started()
  service.next = { configuration: pushing('one') }
  expect(await service.view?.reload()).toMatchObject({ changed: false })
  service.next = { configuration: pushing('two') }
  expect(await service.view?.reload()).toMatchObject({ changed: true })
  await until(() => service.surroundings.length === 3)
  expect(service.surroundings).toEqual(['start basic', 'stop basic', 'start basic'])
})

test('own telemetry that cannot start goes back to what it was, and the reload counts as failed', async () => {
  const configuration = configurationOf(given())
  const service = await new Running(configuration).started()
  service.impossible = 'basic'
  service.next = { configuration: withTelemetry(configuration, 'basic') }
  await service.view?.reload()
  await until(() => service.view?.reloads.failed === 1)
  expect(service.surroundings).toEqual(['start none', 'stop none', 'start none'])
  expect(service.view?.lastReload).toMatchObject({
    ok: false,
    message: 'text of no telemetry at level basic',
  })
  // The same configuration tries again: the port may be free now.
  service.impossible = undefined
  await service.view?.reload()
  await until(() => service.surroundings.includes('start basic'))
})

test('a change of a file reads the configuration again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-'))
  ends.push(async () => await rm(folder, { recursive: true }))
  const service = await new Running({
    ...configurationOf(given()),
    files: [join(folder, 'file'), join(folder, 'none', 'file')],
  }).started()
  await until(() => service.messages().includes('everything runs'))
  expect(service.messages()).toContain('changes in a directory show late: it cannot be watched')
  await writeFile(join(folder, 'file'), 'text')
  await until(() => service.view?.reloads.ok === 1)
})
