import { afterEach, describe, expect, test } from 'vitest'
import type { Configuration } from '#src/config/configuration.ts'
import { readConfiguration } from '#src/config/read-configuration.ts'
import { compareBytewise } from '#src/model/attribute-set.ts'
import { memoryOfOtherThreads } from '#src/telemetry/thread-memory.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import type { LossReport } from '../graph.ts'
import { ThreadedGraph } from './threaded-graph.ts'

interface Given {
  readonly targets: readonly FakeTarget[]
  readonly receiver: RemoteWriteReceiver
  readonly workers?: number
  readonly exporters?: readonly string[]
  readonly retries?: boolean
}

async function read({
  targets,
  receiver,
  workers = 2,
  exporters = [],
  retries = true,
}: Given): Promise<Configuration> {
  const addresses = targets.map(({ address }) => address)
  const text = JSON.stringify({
    receivers: {
      prometheus: {
        config: {
          global: { scrape_interval: '100ms', scrape_timeout: '100ms' },
          scrape_configs: [{ job_name: 't', static_configs: [{ targets: addresses }] }],
        },
      },
    },
    exporters: {
      prometheus_remote_write: { endpoint: receiver.url, retry_on_failure: { enabled: retries } },
      debug: {},
    },
    service: {
      workers,
      shutdown_deadline: '300ms',
      pipelines: {
        metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write', ...exporters] },
      },
    },
  })
  const { configuration, findings } = await readConfiguration({
    files: [`yaml:${text}`],
    sets: [],
    strict: false,
    environment: {},
  })
  if (configuration === undefined) throw new Error(findings.map((finding) => finding.text).join('\n'))
  return configuration
}

/** Counts how often each series was received with each time. */
function samplesOf(receiver: RemoteWriteReceiver): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { series } of receiver.decoded()) {
    for (const { labels, samples } of series) {
      for (const { time } of samples) {
        const key = JSON.stringify([labels, String(time)])
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
  }
  return counts
}

/** A graph over threads, with what a test looks at. */
class Trial {
  readonly clock = new FakeClock()
  readonly log = new CapturedLog()
  readonly lines: string[] = []
  readonly graph = new ThreadedGraph({
    clock: this.clock,
    logger: this.log,
    writeLine: (line) => void this.lines.push(line),
  })
  #stopped: Promise<LossReport[]> | undefined

  component(id: string) {
    const status = this.graph.components().find((each) => each.id === id)
    if (status === undefined) throw new Error(`there is no ${id}`)
    return status
  }

  async stop(deadlineMs = 5000): Promise<LossReport[]> {
    this.#stopped ??= this.graph.stop(deadlineMs)
    return await this.#stopped
  }

  /** Waits for a condition, with all that workers can tell. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.graph.refresh({ targets: true })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

const trials: Trial[] = []

function makeTrial(): Trial {
  const trial = new Trial()
  trials.push(trial)
  return trial
}

afterEach(async () => {
  for (const trial of trials.splice(0)) await trial.stop(0)
})

async function startTargets(count: number): Promise<FakeTarget[]> {
  return await Promise.all(Array.from({ length: count }, async () => await FakeTarget.start('x_total 1\n')))
}

describe('over two workers', () => {
  test('each target is scraped by one, and what they count is one sum', async () => {
    const targets = await startTargets(6)
    await using receiver = await RemoteWriteReceiver.start()
    const trial = makeTrial()
    await trial.graph.apply(await read({ targets, receiver }))
    expect(trial.graph.components().map(({ kind, id, state }) => [kind, id, state])).toEqual([
      ['receiver', 'prometheus', 'ok'],
      ['exporter', 'prometheus_remote_write', 'ok'],
    ])
    await trial.until(() => trial.component('prometheus').collections?.bySource.size === 6)
    const view = trial.component('prometheus').targets
    const urls = Array.from(view?.active() ?? [], ({ url }) => url)
    expect(urls.toSorted(compareBytewise)).toEqual(
      targets.map(({ address }) => `http://${address}/metrics`).toSorted(compareBytewise),
    )
    const [first] = view?.active() ?? []
    expect(await view?.traceSeries(first?.id ?? '', [['__name__', 'x']])).toMatchObject({ steps: [] })
    expect(trial.graph.workers().map(({ worker, state, restarts }) => [worker, state, restarts])).toEqual([
      [1, 'ok', 0],
      [2, 'ok', 0],
    ])
    const exporter = trial.component('prometheus_remote_write')
    expect(exporter.parts?.length).toBe(2)
    expect(exporter.location).toBe(receiver.url)
    await trial.clock.advance(1000)
    expect(memoryOfOtherThreads()).toBeGreaterThan(2e6)
    expect(await trial.stop()).toEqual([])
    const received = samplesOf(receiver)
    expect(Math.max(...received.values())).toBe(1)
    const names = new Set([...received.keys()].map((key) => key.slice(0, key.lastIndexOf(','))))
    expect(names.size).toBe(6 * 6)
    await Promise.all(targets.map(async (target) => await target.close()))
  })

  test('what an exporter cannot deliver by the deadline is told as lost, once', async () => {
    const targets = await startTargets(2)
    await using receiver = await RemoteWriteReceiver.start(() => ({ status: 503 }))
    const trial = makeTrial()
    await trial.graph.apply(await read({ targets, receiver }))
    await trial.until(() => trial.component('prometheus_remote_write').ledger.queued > 0)
    const { ledger } = trial.component('prometheus_remote_write')
    expect(ledger.imbalance).toBe(0)
    const [loss] = await trial.stop(50)
    expect(loss?.exporter).toBe('prometheus_remote_write')
    expect(loss?.points).toBeGreaterThanOrEqual(ledger.queued)
    await Promise.all(targets.map(async (target) => await target.close()))
  })

  test('a reload takes another exporter in, and what goes on goes on', async () => {
    const targets = await startTargets(4)
    await using before = await RemoteWriteReceiver.start()
    await using after = await RemoteWriteReceiver.start()
    const trial = makeTrial()
    await trial.graph.apply(await read({ targets, receiver: before }))
    await before.until(({ requests }) => requests.length > 1)
    const receiver = trial.component('prometheus').ledger
    const workers = trial.graph.workers().map(({ thread }) => thread)
    await trial.graph.apply(await read({ targets, receiver: after }))
    const sent = before.requests.length
    await after.until(({ requests }) => requests.length > 2)
    expect(before.requests.length).toBe(sent)
    expect(trial.component('prometheus').ledger).toBe(receiver)
    expect(trial.graph.workers().map(({ thread }) => thread)).toEqual(workers)
    expect(await trial.stop()).toEqual([])
    expect(trial.log.lines.filter(({ level }) => level === 'error')).toEqual([])
    await Promise.all(targets.map(async (target) => await target.close()))
  })

  test('a pipeline moves to the main thread when it has to, and to another number of workers', async () => {
    const targets = await startTargets(3)
    await using receiver = await RemoteWriteReceiver.start()
    const trial = makeTrial()
    await trial.graph.apply(await read({ targets, receiver }))
    await receiver.until(({ requests }) => requests.length > 1)
    await trial.graph.apply(await read({ targets, receiver, exporters: ['debug'] }))
    expect(trial.graph.workers()).toEqual([])
    expect(trial.component('prometheus').parts).toBeUndefined()
    expect(trial.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'a pipeline stays on the main thread',
        fields: expect.objectContaining({
          pipeline: 'metrics',
          reason: 'its exporter debug cannot send what other threads encode',
        }) as unknown,
      }),
    )
    await trial.graph.apply(await read({ targets, receiver, workers: 1 }))
    expect(trial.graph.workers().length).toBe(1)
    const sent = receiver.requests.length
    await receiver.until(({ requests }) => requests.length > sent + 1)
    await trial.graph.apply(await read({ targets, receiver, workers: 2 }))
    expect(trial.graph.workers().length).toBe(2)
    expect(await trial.stop()).toEqual([])
    expect(Math.max(...samplesOf(receiver).values())).toBe(1)
    await Promise.all(targets.map(async (target) => await target.close()))
  })

  test('options that a factory refuses change nothing', async () => {
    const targets = await startTargets(1)
    await using receiver = await RemoteWriteReceiver.start()
    const trial = makeTrial()
    const good = await read({ targets, receiver })
    await trial.graph.apply(good)
    const config = good.receivers.get('prometheus')
    if (config === undefined) throw new Error('it is there')
    const options = structuredClone(config.options) as { config: { scrape_configs: object[] } }
    options.config.scrape_configs.push(...options.config.scrape_configs)
    const receivers = new Map([['prometheus', { ...config, options, fingerprint: 'other' }]])
    await expect(trial.graph.apply({ ...good, receivers })).rejects.toThrow('refuse their options')
    const sent = receiver.requests.length
    await receiver.until(({ requests }) => requests.length > sent + 1)
    await Promise.all(targets.map(async (target) => await target.close()))
  })
})

describe('a worker', () => {
  test('that hangs is ended, counted, and started again after a while', async () => {
    const targets = await startTargets(4)
    await using receiver = await RemoteWriteReceiver.start()
    const trial = makeTrial()
    await trial.graph.apply(await read({ targets, receiver }))
    await receiver.until(({ requests }) => requests.length > 1)
    // So many seconds pass at once that none of them reports meanwhile.
    await trial.clock.advance(30_000)
    const died = 'a worker thread died: it is started again'
    await trial.until(() => trial.log.lines.filter(({ message }) => message === died).length === 2)
    expect(trial.graph.workers()[0]?.error).toBe('the worker thread died: it hung: it said nothing for 30 s')
    expect(trial.component('prometheus_remote_write').ledger.imbalance).toBe(0)
    const sent = receiver.requests.length
    await trial.clock.advance(2000)
    await trial.until(() => trial.graph.workers().every(({ state }) => state === 'ok'))
    await receiver.until(({ requests }) => requests.length > sent + 2)
    expect(trial.graph.workers().map(({ restarts }) => restarts)).toEqual([1, 1])
    await trial.until(() => trial.component('prometheus').state === 'ok')
    const { ledger } = trial.component('prometheus_remote_write')
    expect(ledger.imbalance).toBe(0)
    expect(ledger.accepted).toBeGreaterThan(0)
    await Promise.all(targets.map(async (target) => await target.close()))
  })
})
