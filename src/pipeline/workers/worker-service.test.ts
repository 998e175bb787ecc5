import { afterEach, describe, expect, test } from 'vitest'
import type { Configuration } from '#src/config/configuration.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { StructuredLogger } from '#src/telemetry/structured-logger.ts'
import { memoryOfOtherThreads } from '#src/telemetry/thread-memory.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { pack } from './portable-configuration.ts'
import type {
  AnswerMessage,
  CallName,
  Calls,
  FromWorker,
  ReportMessage,
  RequestMessage,
} from './worker-message.ts'
import { WorkerService } from './worker-service.ts'

async function read(targets: readonly string[], exporter = ''): Promise<Configuration> {
  const text = `
receivers:
  prometheus: { config: { scrape_configs: [ { job_name: t, scrape_interval: 100ms, scrape_timeout: 100ms, static_configs: [ { targets: ${JSON.stringify(targets)} } ] } ] } }
exporters: { prometheus_remote_write: { endpoint: "http://localhost/w", batch_send_deadline: 1ms ${exporter} } }
service:
  workers: 2
  pipelines: { metrics: { receivers: [prometheus], exporters: [prometheus_remote_write] } }`
  const { configuration, findings } = await readConfiguration({
    files: [`yaml:${text}`],
    sets: [],
    strict: false,
    environment: {},
  })
  if (configuration === undefined) throw new Error(findings.map((finding) => finding.text).join('\n'))
  return configuration
}

/** A worker without a thread, and what it posts. */
class Host {
  readonly posted: FromWorker[] = []
  readonly service: WorkerService
  readonly #waiting = new Set<() => void>()
  #calls = 0

  constructor() {
    const logs = { level: 'info', encoding: 'json', initialFields: {} } as const
    this.service = new WorkerService(
      (message, transfer = []) => {
        this.posted.push(structuredClone(message, { transfer: [...transfer] }))
        for (const resolve of this.#waiting) resolve()
      },
      { number: 1, count: 1, logs },
      StructuredLogger.open({ ...logs, write: (line) => this.posted.push({ kind: 'line', line }) }),
    )
  }

  async call<Name extends CallName>(name: Name, given: Calls[Name]['given']): Promise<AnswerMessage> {
    const id = ++this.#calls
    this.service.take({ kind: 'call', id, name, given })
    return await this.message((each): each is AnswerMessage => each.kind === 'answer' && each.id === id)
  }

  async apply(configuration: Configuration): Promise<AnswerMessage> {
    const limits = { prometheus_remote_write: { maxBytes: 1e6, whenFull: 'refuse' } } as const
    return await this.call('apply', structuredClone({ configuration: pack(configuration), limits }))
  }

  /** Waits for a message. */
  async message<Kind extends FromWorker>(wanted: (message: FromWorker) => message is Kind): Promise<Kind> {
    for (;;) {
      const found = this.posted.find(wanted)
      if (found !== undefined) return found
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
      this.#waiting.delete(resolve)
    }
  }

  async request(): Promise<RequestMessage> {
    return await this.message((message) => message.kind === 'request')
  }

  get report(): ReportMessage | undefined {
    return this.posted.findLast((message) => message.kind === 'report')
  }
}

const hosts: Host[] = []

function makeHost(): Host {
  const host = new Host()
  hosts.push(host)
  return host
}

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.call('flush', undefined)
})

describe('a worker', () => {
  test('scrapes, encodes, and settles by what it is told', async () => {
    await using target = await FakeTarget.start('x_total 1\n')
    const host = makeHost()
    expect((await host.apply(await read([target.address]))).error).toBeUndefined()
    expect(host.report?.components.map(({ kind, state }) => [kind, state])).toEqual([
      ['receiver', 'ok'],
      ['exporter', 'ok'],
    ])
    const { instance, id, points } = await host.request()
    await host.call('report', { targets: true })
    const [receiver, exporter] = host.report?.components ?? []
    expect(exporter?.instance).toBe(instance)
    expect(exporter?.counts.queued).toBe(exporter?.counts.accepted)
    expect(receiver?.sources?.length).toBe(1)
    expect(receiver?.targets?.active).toMatchObject([{ health: 'up' }])
    host.service.take({ kind: 'settled', instance, id, sequence: 1, outcomes: undefined })
    host.service.take({ kind: 'returned', instance, id, memory: new ArrayBuffer(8) })
    host.service.take({ kind: 'queue', instance, full: true, format: undefined })
    host.service.take({ kind: 'memory', othersBytes: 7 })
    expect(memoryOfOtherThreads()).toBe(7)
    await host.call('finish', undefined)
    const delivered = points.reduce((sum, each) => sum + each, 0)
    expect(host.report?.components[1]?.counts.delivered).toBe(delivered)
    expect(host.report?.outboxes).toMatchObject([{ instance, settled: 1 }])
  })

  test('is asked what rules do to its targets', async () => {
    await using target = await FakeTarget.start('x_total 1\n')
    const host = makeHost()
    await host.apply(await read([target.address]))
    const question = {
      component: 'prometheus',
      method: 'traceTarget',
      of: 't',
      labels: [['a', 'b']],
    } as const
    expect((await host.call('trace', question)).answer).toHaveProperty('steps', [])
    expect((await host.call('trace', { ...question, of: 'no' })).answer).toBeUndefined()
  })

  test('stops all at a flush, and posts what it had encoded', async () => {
    await using target = await FakeTarget.start('x_total 1\n')
    const host = makeHost()
    await host.apply(
      await read(
        [target.address],
        ', batch_send_deadline: 1h'.replace('batch_send_deadline: 1h', 'timeout: 1s'),
      ),
    )
    await host.request()
    await host.call('flush', undefined)
    await host.call('finish', undefined)
    expect(host.report?.components.map(({ state }) => state)).toEqual(['stopped', 'stopped'])
    const states = host.report?.components.at(1)
    expect(states?.counts.queued).toBe(states?.counts.accepted)
  })

  test('keeps what did not change when another configuration comes, and says what cannot run', async () => {
    await using target = await FakeTarget.start('x_total 1\n')
    const host = makeHost()
    const configuration = await read([target.address])
    await host.apply(configuration)
    const before = host.report?.components.map(({ instance }) => instance)
    await host.apply(await read([target.address], ', timeout: 7s'))
    const after = host.report?.components.map(({ instance }) => instance)
    expect(after?.[0]).toBe(before?.[0])
    expect(after?.[1]).not.toBe(before?.[1])
    const receiver = configuration.receivers.get('prometheus')
    if (receiver === undefined) throw new Error('it is there')
    const twice = structuredClone(receiver.options) as { config: { scrape_configs: object[] } }
    twice.config.scrape_configs.push(...twice.config.scrape_configs)
    const wrong = new Map([['prometheus', { ...receiver, options: twice, fingerprint: 'other' }]])
    const { error } = await host.apply({ ...configuration, receivers: wrong })
    expect(error).toMatchObject({ kind: 'graph', mistakes: [{ component: 'receiver', id: 'prometheus' }] })
  })
})
