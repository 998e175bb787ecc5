import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { acknowledgedBy, numbersIn, risesPerSeries } from '../acknowledged-numbers.ts'
import { exporterValue } from '../own-metrics.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

interface Given {
  readonly folder: string
  readonly receiver: RemoteWriteReceiver
  readonly receivers: Readonly<Record<string, object>>
  readonly workers?: number
}

/** A service whose remote write has its queue in a folder. */
async function started({ folder, receiver, receivers, workers = 0 }: Given): Promise<WeirProcess> {
  const file = join(folder, 'weir.yaml')
  const text = pluginConfiguration({
    receivers,
    exporters: {
      prometheus_remote_write: {
        endpoint: receiver.url,
        batch_send_deadline: '10ms',
        remote_write_queue: { disk: { directory: join(folder, 'queue') } },
        retry_on_failure: { initial_interval: '10ms', max_interval: '100ms' },
      },
    },
    service: { workers, shutdown_deadline: '1h' },
  })
  await writeFile(file, text)
  return new WeirProcess(['--config', file])
}

function scraping(target: FakeTarget): Readonly<Record<string, object>> {
  return {
    prometheus: {
      config: {
        global: { scrape_interval: '50ms', scrape_timeout: '50ms' },
        scrape_configs: [{ job_name: 't', static_configs: [{ targets: [target.address] }] }],
      },
    },
  }
}

const numbers = { acknowledged: { first: 1, count: 200 } }

test('a stop while the receiver is down loses nothing and is quick; the next start sends it, the oldest first', async () => {
  await using folder = await temporaryFolder()
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  {
    await using weir = await started({ folder: folder.path, receiver, receivers: numbers })
    await weir.until('all acknowledged', () => acknowledgedBy(weir.stdout).length === 200)
    expect(exporterValue(await weir.metrics(), 'stored_points')).toBe(2000)
    // A receiver that fails is not waited for.
    const { status } = await weir.end('SIGTERM')
    expect(status).toBe(0)
    expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
    expect(weir.logged('data waits in the queue on disk: it is sent after the next start')).toMatchObject([
      { points: 2000 },
    ])
  }
  receiver.requests.length = 0
  up = true
  const more = { acknowledged: { first: 201, count: 200 } }
  await using weir = await started({ folder: folder.path, receiver, receivers: more })
  await weir.until('all of both', () => numbersIn(receiver).size === 400)
  risesPerSeries(receiver)
  await weir.until('an empty queue', async () => {
    const metrics = await weir.metrics()
    return exporterValue(metrics, 'delivered_points_total') === 4000
  })
  const metrics = await weir.metrics()
  expect({
    restored: exporterValue(metrics, 'restored_points_total'),
    accepted: exporterValue(metrics, 'accepted_points_total'),
    queued: exporterValue(metrics, 'queued_points'),
    stored: exporterValue(metrics, 'stored_points'),
    imbalance: exporterValue(metrics, 'imbalance_points'),
  }).toEqual({ restored: 2000, accepted: 2000, queued: 0, stored: 0, imbalance: 0 })
})

test('a process that is killed loses nothing that was acknowledged', async () => {
  await using folder = await temporaryFolder()
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  let acknowledged: number[] = []
  {
    await using weir = await started({
      folder: folder.path,
      receiver,
      receivers: { acknowledged: { first: 1 } },
    })
    await weir.until('some', () => acknowledgedBy(weir.stdout).length > 500)
    await weir.end('SIGKILL')
    acknowledged = acknowledgedBy(weir.stdout)
  }
  receiver.requests.length = 0
  up = true
  await using weir = await started({
    folder: folder.path,
    receiver,
    receivers: { acknowledged: { first: 1_000_000, count: 1 } },
  })
  await weir.until('the new one', () => numbersIn(receiver).has(1_000_000))
  const received = numbersIn(receiver)
  expect(acknowledged.filter((number) => !received.has(number))).toEqual([])
  risesPerSeries(receiver)
})

test.each([0, 2])(
  'with %i workers, what was scraped while the receiver was down comes after a restart',
  async (workers) => {
    await using folder = await temporaryFolder()
    await using target = await FakeTarget.start('m 1\nn 2\n')
    let up = false
    await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
    const receivers = scraping(target)
    let stored = 0
    {
      await using weir = await started({ folder: folder.path, receiver, receivers, workers })
      await weir.until('some scrapes', async () => exporterValue(await weir.metrics(), 'stored_points') > 100)
      expect(exporterValue(await weir.metrics(), 'imbalance_points')).toBe(0)
      const { status } = await weir.end('SIGTERM')
      expect(status).toBe(0)
      expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
      const [line] = weir.logged('data waits in the queue on disk: it is sent after the next start')
      stored = Number(line?.['points'])
      expect(stored).toBeGreaterThan(100)
    }
    receiver.requests.length = 0
    up = true
    await using weir = await started({ folder: folder.path, receiver, receivers, workers })
    await weir.until('delivery', async () => {
      const metrics = await weir.metrics()
      return (
        exporterValue(metrics, 'restored_points_total') === stored &&
        exporterValue(metrics, 'delivered_points_total') > stored + 20 &&
        exporterValue(metrics, 'imbalance_points') === 0
      )
    })
    const status = (await (await weir.admin('/status')).json()) as {
      components: { id: string; queue?: object }[]
    }
    expect(status.components.find(({ id }) => id === 'prometheus_remote_write')?.queue).toMatchObject({
      disk: { writable: true, loss_window_seconds: 1, damages: 0 },
    })
    const times = receiver
      .series()
      .flatMap(({ labels, samples }) => (labels['__name__'] === 'm' ? samples.map(({ time }) => time) : []))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const ended = await weir.end('SIGTERM')
    expect(ended.status).toBe(0)
    expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
  },
)

test('51: the second engine on a queue directory ends with status 1 and names the first; the first goes on', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await RemoteWriteReceiver.start()
  const given = { folder: folder.path, receiver, receivers: { acknowledged: { first: 1 } } }
  await using first = await started(given)
  await first.line('everything runs')
  await using second = await started(given)
  const { status } = await second.end()
  expect(status).toBe(1)
  expect(second.log.at(-1)).toMatchObject({ level: 'error' })
  expect(JSON.stringify(second.log)).toContain(`in use by pid ${first.child.pid}`)
  const seen = acknowledgedBy(first.stdout).length
  await first.until('more', () => acknowledgedBy(first.stdout).length > seen)
  expect((await first.end('SIGTERM')).status).toBe(0)
  // The lock goes with its owner; what one that was killed leaves is taken over.
  expect(await readdir(join(folder.path, 'queue', 'prometheus_remote_write'))).not.toContain('lock')
})
