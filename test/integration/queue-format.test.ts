import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const fixture = fileURLToPath(new URL('../fixtures/queue-v1', import.meta.url))

const batches = [3, 4, 5, 6, 7, 8]
const series = Array.from({ length: 12 }, (_, n) => n)

test.each([
  [2, 'prometheus.WriteRequest'],
  [2, 'io.prometheus.write.v2.Request'],
  [5, 'auto'],
])(
  'a queue of format version 1 is sent whole and in order by %i consumers that speak %s',
  async (consumers, message) => {
    await using folder = await temporaryFolder()
    await cp(fixture, folder.path, { recursive: true })
    await using receiver = await RemoteWriteReceiver.start(() => ({
      headers: { 'X-Prometheus-Remote-Write-Samples-Written': `${series.length}` },
    }))
    await using sut = exporterFor({
      endpoint: receiver.url,
      protobuf_message: message,
      remote_write_queue: { num_consumers: consumers, disk: { directory: folder.path } },
    })
    await sut.started
    expect(sut.ledger.restored).toBe(batches.length * series.length)
    await sut.settled()
    expect(sut.ledger).toMatchObject({ delivered: batches.length * series.length, imbalance: 0 })
    const received = new Map<string, [time: number, value: number][]>()
    for (const { labels, samples } of receiver.series()) {
      expect(labels).toMatchObject({ __name__: 'kept', job: 'old' })
      const own = received.get(labels['n'] ?? '') ?? []
      received.set(labels['n'] ?? '', own)
      for (const { time, value } of samples) own.push([time, value])
    }
    expect([...received]).toEqual(
      series.map((n) => [
        `${n}`,
        batches.map((batch) => [1_700_000_000_000 + 1000 * batch, 100 * batch + n] as const),
      ]),
    )
    await sut.stop()
    const left = await readdir(join(folder.path, 'prometheus_remote_write'))
    expect(left.filter((name) => name !== 'cursor')).toEqual([])
  },
)
