import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { layoutOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { peerBinary } from './peer-binary.ts'
import { RemoteNetwork } from './remote-network.ts'
import { keyOf, prometheus, RemoteWritePeer, victoriaMetrics } from './remote-write-peer.ts'

const receivers = {
  VictoriaMetrics: victoriaMetrics(peerBinary('victoria-metrics', '1.151.0')),
  'Prometheus 3': prometheus(peerBinary('prometheus', '3.16.0')),
} as const

const cases = [
  { receiver: 'VictoriaMetrics', queue: 'in memory' },
  { receiver: 'VictoriaMetrics', queue: 'on disk' },
  { receiver: 'Prometheus 3', queue: 'in memory' },
  { receiver: 'Prometheus 3', queue: 'on disk' },
] as const

const count = 400
const layout = layoutOf(Array.from({ length: count }, (_, index) => series('m', { n: `${index}` })))
const start = Date.now() - 600_000

test.for(cases)(
  '43: $receiver, with the queue $queue, gets all of it over a link that loses packets, answers and itself',
  async ({ receiver, queue }) => {
    await using folder = await temporaryFolder()
    await using network = await RemoteNetwork.start()
    await using peer = await RemoteWritePeer.start(receivers[receiver], undefined, network.place)
    await using sut = exporterFor({
      endpoint: peer.writeUrl,
      timeout: '500ms',
      max_samples_per_send: count,
      remote_write_queue: {
        num_consumers: 2,
        ...(queue === 'on disk' ? { disk: { directory: folder.path } } : {}),
      },
      retry_on_failure: { initial_interval: '20ms', max_interval: '200ms' },
    })
    await sut.started
    const { ledger } = sut
    const failed = (): number => sut.lines.filter(({ level }) => level === 'warn').length
    let sent = 0

    async function put(batches: number): Promise<void> {
      for (const end = sent + batches; sent < end; sent++) {
        const values = Float64Array.from({ length: count }, (_, index) => sent * 1000 + index)
        expect(sut.take([new Batch(layout, { time: start + sent * 1000, values })])).toBe(true)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }

    async function failures(more: number): Promise<void> {
      const before = failed()
      await expect.poll(() => failed() - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(more)
    }

    await put(10)
    await sut.settled()
    network.lose({ to: 0.3, from: 0.3 })
    await put(10)
    await expect.poll(() => ledger.delivered, { timeout: 60_000 }).toBeGreaterThan(15 * count)
    // Whole again, so that there are connections, over which requests come whose answers nobody sees.
    network.lose({ to: 0, from: 0 })
    await sut.settled()
    network.lose({ to: 0, from: 1 })
    await put(10)
    await failures(1)
    network.cut()
    await put(10)
    await failures(2)
    expect(ledger).toMatchObject({ accepted: sent * count, queued: 20 * count, imbalance: 0 })
    network.lose({ to: 0, from: 0 })
    network.raise()

    await expect.poll(() => ledger.queued, { timeout: 30_000 }).toBe(0)
    expect(ledger).toMatchObject({ accepted: sent * count, delivered: sent * count, imbalance: 0 })
    expect(sut.settlements).toHaveLength(sent)
    expect(sut.settlements.every(({ delivered }) => delivered)).toBe(true)
    await expect
      .poll(async () => (await peer.held()).get(keyOf({ __name__: 'm', n: '0' }))?.size, { timeout: 10_000 })
      .toBe(sent)
    const held = await peer.held()
    for (let index = 0; index < count; index++) {
      const expected = Array.from(
        { length: sent },
        (_, batch) => [start + batch * 1000, String(batch * 1000 + index)] as const,
      )
      expect([...(held.get(keyOf({ __name__: 'm', n: `${index}` })) ?? [])]).toEqual(expected)
    }
    // A request that was given up may come behind later ones: it has nothing new, and nobody waits for what is said of it.
    const troubles = (await peer.troubles()).filter((line) => !line.includes('out_of_order_samples'))
    expect(troubles).toEqual([])
  },
)
