import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { OtlpReceiver, type OtlpWay } from '#src/testing/otlp-receiver.ts'
import { acknowledgedBy } from '../acknowledged-numbers.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const ways: readonly (readonly [way: OtlpWay, type: string, options: object])[] = [
  ['grpc', 'otlp_grpc', {}],
  ['http', 'otlphttp', {}],
  ['json', 'otlp_http', { encoding: 'json' }],
]

/** The values of own metrics of the exporter, by name. */
async function counts(weir: WeirProcess): Promise<Record<string, number>> {
  const lines = (await weir.metrics()).matchAll(/^weir_exporter_(\w+)\{component="otlp[^"]*"\} (\S+)$/gm)
  return Object.fromEntries(Array.from(lines, ([, name, value]) => [name, Number(value)]))
}

describe.each(ways)('by %s, as %s,', (way, type, options) => {
  function configuration(
    receiver: OtlpReceiver,
    receivers: Readonly<Record<string, object>>,
    more: object = {},
  ) {
    return pluginConfiguration({
      receivers,
      exporters: {
        [type]: {
          endpoint: receiver.endpoint,
          retry_on_failure: { initial_interval: '10ms', max_interval: '100ms' },
          sending_queue: { batch: { flush_timeout: '10ms' }, ...more },
          ...options,
        },
      },
      service: { workers: 'disk' in more ? 0 : 2, shutdown_deadline: '1h' },
    })
  }

  test('two workers send each series of eight targets once, and their counts add up to what arrived', async () => {
    await using folder = await temporaryFolder()
    await using receiver = await OtlpReceiver.start(way)
    const targets = await Promise.all(
      Array.from({ length: 8 }, async (_, target) => await FakeTarget.start(`m{of="${target}"} 1\nn 2\n`)),
    )
    const scraping = {
      prometheus: {
        config: {
          global: { scrape_interval: '100ms', scrape_timeout: '100ms' },
          scrape_configs: [
            { job_name: 't', static_configs: [{ targets: targets.map(({ address }) => address) }] },
          ],
        },
      },
    }
    const file = join(folder.path, 'weir.yaml')
    await writeFile(file, configuration(receiver, scraping))
    await using weir = new WeirProcess(['--config', file])
    await weir.line('everything runs')
    await weir.until(
      'all targets',
      () => new Set(receiver.points.map(({ attributes }) => JSON.stringify(attributes))).size >= 8,
    )
    await Promise.all(targets.map(async (target) => await target.close()))
    await weir.until('delivery', async () => {
      const {
        queued_points: queued,
        delivered_points_total: delivered,
        accepted_points_total: accepted,
      } = await counts(weir)
      return queued === 0 && delivered === accepted && delivered === receiver.points.length
    })
    expect((await counts(weir))['imbalance_points']).toBe(0)
    const { status } = await weir.end('SIGTERM')
    expect(status).toBe(0)
    expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
  })

  test('what waits on disk while the receiver is down comes after a restart, the oldest first', async () => {
    await using folder = await temporaryFolder()
    let up = false
    await using receiver = await OtlpReceiver.start(way, () => (up ? 'taken' : 'busy'))
    const file = join(folder.path, 'weir.yaml')
    const start = async (first: number): Promise<WeirProcess> => {
      const disk = { directory: join(folder.path, 'queue') }
      await writeFile(file, configuration(receiver, { acknowledged: { first, count: 100 } }, { disk }))
      return new WeirProcess(['--config', file])
    }
    {
      await using weir = await start(1)
      await weir.until('all acknowledged', () => acknowledgedBy(weir.stdout).length === 100)
      const { status } = await weir.end('SIGTERM')
      expect(status).toBe(0)
      expect(weir.logged('stopped')).toMatchObject([{ lost_points: 0 }])
    }
    receiver.requests.length = 0
    up = true
    await using weir = await start(101)
    await weir.until('all of both', () => new Set(receiver.values).size === 200)
    await weir.until('an empty queue', async () => (await counts(weir))['queued_points'] === 0)
    expect(await counts(weir)).toMatchObject({
      restored_points_total: 1000,
      accepted_points_total: 1000,
      delivered_points_total: 2000,
      stored_points: 0,
      imbalance_points: 0,
    })
    const bySeries = Map.groupBy(receiver.points, ({ attributes }) => JSON.stringify(attributes))
    for (const points of bySeries.values()) {
      const values = points.map((point) => Number(point['asDouble'] ?? point['asInt']))
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    }
  })
})
