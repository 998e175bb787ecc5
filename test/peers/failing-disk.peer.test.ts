import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { layoutOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { LoopDisk } from './loop-disk.ts'
import { peerBinary } from './peer-binary.ts'
import { keyOf, prometheus, RemoteWritePeer, victoriaMetrics } from './remote-write-peer.ts'

const cases = [
  { name: 'VictoriaMetrics', kind: victoriaMetrics(peerBinary('victoria-metrics', '1.151.0')) },
  { name: 'Prometheus 3', kind: prometheus(peerBinary('prometheus', '3.16.0')) },
]

const count = 500
const layout = layoutOf(Array.from({ length: count }, (_, index) => series('m', { n: `${index}` })))
const start = Date.now() - 600_000

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 30_000, interval: 20 }).toBe(true)
}

test.for(cases)(
  '45: a disk that becomes read-only under way costs $name nothing, and is used again once it is mended',
  async ({ kind }) => {
    await using folder = await temporaryFolder()
    using disk = await LoopDisk.make(folder.path)
    await using peer = await RemoteWritePeer.start(kind)
    const make = (): TestExporter =>
      exporterFor({
        endpoint: peer.writeUrl,
        max_samples_per_send: count,
        // Segments of 64 KiB.
        remote_write_queue: { num_consumers: 2, disk: { directory: join(disk.path, 'q'), max_megabytes: 2 } },
        retry_on_failure: { initial_interval: '20ms', max_interval: '200ms' },
      })
    let sent = 0

    async function put(sut: TestExporter, batches: number): Promise<void> {
      for (const end = sent + batches; sent < end; sent++) {
        const values = Float64Array.from({ length: count }, (_, index) => sent * 1000 + index)
        expect(sut.take([new Batch(layout, { time: start + sent * 1000, values })])).toBe(true)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }

    {
      await using sut = make()
      await sut.started
      await put(sut, 10)
      await sut.settled()
      disk.writeBack()
      await peer.kill('SIGTERM')
      await put(sut, 40)
      await until(() => sut.ledger.stored === 40 * count)

      disk.fail()
      await put(sut, 20)
      await until(() => sut.queueStatus?.disk?.writable === false)
      expect(sut.ledger).toMatchObject({ queued: 60 * count, imbalance: 0 })
      expect(sut.ledger.stored).toBeLessThan(sut.ledger.queued)
      await peer.resume()
      await sut.settled()
      await put(sut, 10)
      await sut.settled()
      expect(sut.lines.map(({ message }) => message)).toContain(
        'the file system is read-only: new data waits in memory',
      )

      await peer.kill('SIGTERM')
      await put(sut, 10)
      expect(sut.ledger).toMatchObject({ queued: 10 * count, stored: 0 })
      disk.mend()
      await until(() => sut.ledger.stored === 10 * count)
      await put(sut, 10)
      await until(() => sut.ledger.stored === 20 * count)
      // Whoever brought what is on its way while the disk comes back is told of it at its end.
      await sut.stop()
      expect(sut.settlements).toHaveLength(sent)
      expect(sut.settlements.every(({ delivered }) => delivered)).toBe(true)
    }
    await using sut = make()
    await sut.started
    // What arrived from segments that could not be removed may come again.
    expect(sut.ledger.restored).toBeGreaterThanOrEqual(20 * count)
    expect(sut.queueStatus?.disk?.damages).toBe(0)
    await peer.resume()
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: sut.ledger.restored, imbalance: 0 })

    const size = async (): Promise<number | undefined> =>
      (await peer.held()).get(keyOf({ __name__: 'm', n: '0' }))?.size
    await expect.poll(size, { timeout: 10_000 }).toBe(sent)
    const held = await peer.held()
    for (let index = 0; index < count; index++) {
      const expected = Array.from(
        { length: sent },
        (_, batch) => [start + batch * 1000, String(batch * 1000 + index)] as const,
      )
      expect([...(held.get(keyOf({ __name__: 'm', n: `${index}` })) ?? [])]).toEqual(expected)
    }
    expect(await peer.troubles()).toEqual([])
  },
)
