import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const died = 'a worker thread died: it is started again'

interface Given {
  readonly targets: readonly FakeTarget[]
  readonly receiver: RemoteWriteReceiver
  readonly processors?: Readonly<Record<string, object>>
  readonly workers?: number
}

/** Scrapes targets ten times a second into remote write. */
function scraping({ targets, receiver, processors = {}, workers = 2 }: Given): string {
  return pluginConfiguration({
    receivers: {
      prometheus: {
        config: {
          global: { scrape_interval: '100ms', scrape_timeout: '100ms' },
          scrape_configs: [
            { job_name: 't', static_configs: [{ targets: targets.map(({ address }) => address) }] },
          ],
        },
      },
    },
    processors,
    exporters: { prometheus_remote_write: { endpoint: receiver.url } },
    service: { workers },
  })
}

async function started(file: string, text: string, env = {}): Promise<WeirProcess> {
  await writeFile(file, text)
  return new WeirProcess(['--config', file], { env })
}

function bodyOf(target: number): string {
  return Array.from({ length: 20 }, (_, index) => `m_total{i="${index}",of="${target}"} 1\n`).join('')
}

/** Each target exposes some series of its own. */
async function startTargets(count: number): Promise<FakeTarget[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, target) => await FakeTarget.start(bodyOf(target))),
  )
}

async function closeAll(targets: readonly FakeTarget[]): Promise<void> {
  await Promise.all(targets.map(async (target) => await target.close()))
}

/** How often each series was received with each time, by labels and time. */
function samplesOf(receiver: RemoteWriteReceiver): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { series } of receiver.decoded()) {
    for (const { labels, samples } of series) {
      for (const { time } of samples) {
        const key = `${JSON.stringify(labels)} ${time}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
  }
  return counts
}

/** The series among samples. */
function seriesAmong(samples: ReadonlyMap<string, number>): Set<string> {
  return new Set(Array.from(samples.keys(), (key) => key.slice(0, key.lastIndexOf(' '))))
}

/** The value of an own metric; 0 where there is none. */
function valueOf(metrics: string, series: string): number {
  return Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  )
}

const exporterMetric = (name: string): string => `weir_exporter_${name}{component="prometheus_remote_write"}`

test('two workers send each series of eight targets once, and their counts add up to what arrived', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await RemoteWriteReceiver.start()
  const targets = await startTargets(8)
  const text = scraping({ targets, receiver, processors: { batch: { timeout: '50ms' } } })
  await using weir = await started(join(folder.path, 'weir.yaml'), text)
  await weir.line('everything runs')
  await weir.until('all targets', () => seriesAmong(samplesOf(receiver)).size === 8 * (20 + 5))
  const page = await (await weir.admin('/targets')).text()
  for (const { address } of targets) expect(page).toContain(address)
  // Nothing new comes any more, so that all counts can be compared.
  await closeAll(targets)
  await weir.until('an end', async () => {
    const metrics = await weir.metrics()
    return (
      valueOf(metrics, exporterMetric('queued_points')) === 0 &&
      metrics.includes('weir_worker_up{worker="2"} 1')
    )
  })
  const { status } = await weir.end('SIGTERM')
  expect(status).toBe(0)
  const received = samplesOf(receiver)
  expect(Math.max(...received.values())).toBe(1)
  expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
})

test('at every moment the law holds, and what is delivered is what arrived', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await RemoteWriteReceiver.start()
  const targets = await startTargets(4)
  await using weir = await started(join(folder.path, 'weir.yaml'), scraping({ targets, receiver }))
  await weir.line('everything runs')
  for (let look = 0; look < 20; look++) {
    expect(valueOf(await weir.metrics(), exporterMetric('imbalance_points'))).toBe(0)
  }
  await closeAll(targets)
  await weir.until('delivery', async () => {
    const metrics = await weir.metrics()
    const delivered = valueOf(metrics, exporterMetric('delivered_points_total'))
    const accepted = valueOf(metrics, exporterMetric('accepted_points_total'))
    const emitted = valueOf(metrics, 'weir_receiver_accepted_points_total{component="prometheus"}')
    return (
      accepted > 0 && accepted === emitted && delivered === accepted && delivered === samplesOf(receiver).size
    )
  })
  const report = (await (await weir.admin('/status')).json()) as {
    workers: object[]
    components: { kind: string; workers: { points: { accepted: number } }[]; points: { accepted: number } }[]
  }
  expect(report.workers).toMatchObject([
    { worker: 1, state: 'ok', restarts: 0 },
    { worker: 2, state: 'ok', restarts: 0 },
  ])
  for (const { workers, points } of report.components) {
    expect(workers.reduce((sum, part) => sum + part.points.accepted, 0)).toBe(points.accepted)
  }
  await closeAll(targets)
})

describe('a worker that dies', () => {
  test.each([
    ['exit', 'it ended with status 3', {}],
    ['memory', /memory/, { NODE_OPTIONS: '--max-old-space-size=96' }],
  ] as const)('of %s is counted and started again, and the others go on', async (how, error, env) => {
    await using folder = await temporaryFolder()
    await using receiver = await RemoteWriteReceiver.start()
    const targets = await startTargets(6)
    const text = scraping({ targets, receiver, processors: { mortal: { how } } })
    await using weir = await started(join(folder.path, 'weir.yaml'), text, env)
    await weir.until('all targets', () => seriesAmong(samplesOf(receiver)).size === 6 * (20 + 5))
    const [victim] = targets
    if (victim === undefined) throw new Error('there are six')
    const healthy = victim.body
    victim.handler = (_, response) => {
      victim.handler = undefined
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      response.end(`${healthy}deadly 1\n`)
    }
    const line = await weir.line(died)
    expect(line['error']).toMatch(error)
    const number = String(line['worker'])
    const before = receiver.requests.length
    await weir.line('a worker thread runs again')
    expect(receiver.requests.length).toBeGreaterThan(before)
    const metrics = await weir.until('the count', async () => {
      const read = await weir.metrics()
      return read.includes(`weir_worker_restarts_total{worker="${number}"} 1`) ? read : undefined
    })
    expect(valueOf(metrics, exporterMetric('imbalance_points'))).toBe(0)
    const lost = metrics.split('\n').find((each) => each.includes('reason="worker_died"'))
    expect(Number(lost?.split(' ')[1] ?? 0)).toBe(line['lost_points'])
    const times = victim.requests.length
    await weir.until('scrapes of the victim', () => victim.requests.length > times + 2)
    await closeAll(targets)
    await weir.until(
      'an end',
      async () => valueOf(await weir.metrics(), exporterMetric('queued_points')) === 0,
    )
    const after = await weir.metrics()
    expect(valueOf(after, exporterMetric('imbalance_points'))).toBe(0)
    await weir.end('SIGTERM')
    expect(Math.max(...samplesOf(receiver).values())).toBe(1)
  })
})

test('what cannot start in a worker keeps the program from starting, and names itself', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await RemoteWriteReceiver.start()
  const targets = await startTargets(1)
  const text = scraping({ targets, receiver, processors: { mortal: { how: 'start' } } })
  await using weir = await started(join(folder.path, 'weir.yaml'), text)
  const { status } = await weir.end()
  expect(status).toBe(1)
  expect(weir.logged('the configuration cannot run')).toMatchObject([
    { reason: 'processor mortal: this thread has no such file' },
  ])
  await closeAll(targets)
})

test('a reload changes what workers do, and a bad one leaves them as they were', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await RemoteWriteReceiver.start()
  await using other = await RemoteWriteReceiver.start()
  const targets = await startTargets(4)
  const file = join(folder.path, 'weir.yaml')
  await using weir = await started(file, scraping({ targets, receiver }))
  await weir.line('everything runs')
  await receiver.until(({ requests }) => requests.length > 2)
  await writeFile(file, scraping({ targets, receiver, processors: { mortal: { how: 'start' } } }))
  await weir.line('the new configuration was refused; the one before goes on')
  const sent = receiver.requests.length
  await receiver.until(({ requests }) => requests.length > sent + 2)
  await writeFile(file, scraping({ targets, receiver: other }))
  await weir.line('the new configuration runs')
  await other.until(({ requests }) => requests.length > 2)
  await weir.end('SIGTERM')
  expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
  expect(weir.logged(died)).toEqual([])
  await closeAll(targets)
})
