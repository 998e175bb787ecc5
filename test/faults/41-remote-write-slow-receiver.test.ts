import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'

/** Samples whose requests do not compress: 4 MB, more than the kernel takes for a receiver that reads nothing. */
const count = 30_000
const rows = Array.from(
  { length: count },
  (_, index) =>
    [series('m', { n: `${Math.sin(index)}${Math.cos(index)}`, job: 'test' }), Math.random()] as const,
)

/** A receiver that accepts connections and reads nothing. */
async function stuckReceiver() {
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let connections = 0
  server.on('connection', () => connections++)
  return {
    url: `http://127.0.0.1:${port}/api/v1/write`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('a receiver that reads nothing costs a bounded number of bytes, and nobody else waits for it', async () => {
  await using stuck = await stuckReceiver()
  await using good = await RemoteWriteReceiver.start()
  await using slow = exporterFor({
    endpoint: stuck.url,
    timeout: '250ms',
    retry_on_failure: { initial_interval: '10ms', max_interval: '50ms' },
    remote_write_queue: { max_megabytes: 8, num_consumers: 2 },
  })
  await using fast = exporterFor({ endpoint: good.url })
  let refused = 0
  const { layout, values } = batchOf(rows)
  for (let cycle = 0; cycle < 8; cycle++) {
    const batch = new Batch(layout, { time: 1_700_000_000_000 + cycle, values })
    if (!slow.take([batch])) refused++
    expect(fast.take([batch])).toBe(true)
    await fast.settled()
  }
  // Each cycle is some 4 MB: two fit, then the queue is full.
  expect(refused).toBeGreaterThanOrEqual(4)
  expect(fast.ledger).toMatchObject({ delivered: 8 * count, queued: 0, imbalance: 0 })
  await expect.poll(() => slow.lines.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(slow.lines[0]).toMatchObject({
    level: 'warn',
    message: 'the receiver cannot be reached: data is sent again',
  })
  expect((slow.lines[0]?.fields['error'] as { code?: string } | undefined)?.code).toBe('timeout')
  expect(stuck.connections()).toBeGreaterThan(1)
  const { accepted } = slow.ledger
  await slow.stop()
  expect(Object.fromEntries(slow.ledger.dropped)).toEqual({ shutdown: accepted })
  expect(slow.ledger).toMatchObject({ refused: refused * count, queued: 0, imbalance: 0 })
})

test('a receiver that gets going again gets all that waited', async () => {
  let stuck = true
  await using receiver = await RemoteWriteReceiver.start(() => ({ hold: stuck }))
  await using sut = exporterFor({
    endpoint: receiver.url,
    timeout: '250ms',
    retry_on_failure: { initial_interval: '10ms', max_interval: '50ms' },
  })
  const small = rows.slice(0, 500)
  for (let cycle = 0; cycle < 3; cycle++) sut.take([batchOf(small, { time: 1_700_000_000_000 + cycle })])
  await receiver.until(({ requests }) => requests.length > 2)
  expect(sut.ledger).toMatchObject({ queued: 1500, delivered: 0, imbalance: 0 })
  stuck = false
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: 1500, queued: 0, imbalance: 0 })
  // The request that was answered at last is the one that was tried before, and nothing follows it.
  const last = receiver.requests.at(-1)
  expect(last?.body).toEqual(receiver.requests[0]?.body)
  const times = new Map<string, number[]>()
  for (const { labels, samples } of receiver.decoded().at(-1)?.series ?? []) {
    const key = labels['n'] ?? ''
    times.set(key, [...(times.get(key) ?? []), ...samples.map(({ time }) => time - 1_700_000_000_000)])
  }
  expect([...times.values()]).toEqual(Array.from({ length: 500 }, () => [0, 1, 2]))
})
