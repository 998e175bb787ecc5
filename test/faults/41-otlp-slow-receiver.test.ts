import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { OtlpReceiver } from '#src/testing/otlp-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterBy, exporterTo, many, ways } from './otlp-ways.ts'

/** Data points whose requests hardly compress: megabytes, more than the kernel takes for a receiver that reads nothing. */
const count = 20_000
const rows = Array.from(
  { length: count },
  (_, index) => [series('m', { n: `${Math.sin(index)}${Math.cos(index)}` }), Math.random()] as const,
)

/** A receiver that accepts connections and reads nothing. */
async function stuckReceiver() {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each(ways)(
  'a receiver that reads nothing costs a bounded number of bytes, and nobody else waits for it, by %s',
  async (way) => {
    await using stuck = await stuckReceiver()
    await using good = await OtlpReceiver.start(way)
    await using slow = exporterBy(way, {
      endpoint: stuck.endpoint,
      compression: 'none',
      timeout: '250ms',
      retry_on_failure: { initial_interval: '10ms', max_interval: '50ms' },
      sending_queue: { max_megabytes: 4, num_consumers: 2 },
    })
    await using fast = exporterTo(good)
    let refused = 0
    const { layout, values } = batchOf(rows)
    for (let cycle = 0; cycle < 6; cycle++) {
      const batch = new Batch(layout, { time: 1_700_000_000_000 + cycle, values })
      if (!slow.take([batch])) refused++
      expect(fast.take([batch])).toBe(true)
      await fast.settled()
    }
    // Each cycle is some 2 MB, in JSON 4: two fit, then the queue is full.
    expect(refused).toBeGreaterThanOrEqual(3)
    expect(fast.ledger).toMatchObject({ delivered: 6 * count, queued: 0, imbalance: 0 })
    await expect.poll(() => slow.lines.length, { timeout: 10_000 }).toBeGreaterThan(1)
    expect(slow.lines[0]).toMatchObject({
      message: 'the receiver cannot be reached: data is sent again',
      fields: { error: { code: 'timeout' } },
    })
    // A connection of which nothing was heard is not used again.
    await expect.poll(() => stuck.connections(), { timeout: 10_000 }).toBeGreaterThan(1)
    expect(slow.ledger).toMatchObject({ delivered: 0, imbalance: 0 })
    expect(slow.ledger.queued).toBe((6 - refused) * count)
  },
)

test.each(ways)('a receiver that takes long for one request has its data in order, by %s', async (way) => {
  let first = true
  await using receiver = await OtlpReceiver.start(way, () => {
    const answer = first ? 'hold' : 'taken'
    first = false
    return answer
  })
  await using sut = exporterTo(receiver, { timeout: '100ms' })
  for (let cycle = 0; cycle < 3; cycle++) {
    sut.take([many(10, 1_700_000_000_000 + cycle)])
    await receiver.until(({ requests }) => requests.length > 0)
  }
  await sut.settled()
  const times = receiver.points.map((point) => Number(BigInt(point.timeUnixNano) / 1_000_000n) % 10)
  expect([...new Set(times)]).toEqual([0, 1, 2])
  expect(times.slice(10)).toEqual(times.slice(10).toSorted((a, b) => a - b))
  expect(sut.ledger).toMatchObject({ delivered: 30, queued: 0, imbalance: 0 })
})
