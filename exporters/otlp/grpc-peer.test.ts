import { expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { GrpcClient } from '#src/grpc/client/grpc-client.ts'
import { pack } from '#src/otlp/send/request-format.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { GrpcReceiver, partialSuccess } from '#src/testing/grpc-receiver.ts'
import { GrpcPeer } from './grpc-peer.ts'

const message = Buffer.from('a message')

test('requests of another configuration, which a queue on disk may have, are sent as far as gRPC bears them', async () => {
  await using receiver = await GrpcReceiver.start((_, index) => ({
    // The last answer is no message of protobuf.
    response: index === 3 ? Buffer.from('<html>') : partialSuccess(0, ''),
  }))
  const client = new GrpcClient({
    endpoint: { host: '127.0.0.1', port: receiver.port },
    tls: undefined,
    headers: {},
    keepalive: { timeMs: 0, timeoutMs: 1, permitWithoutStream: false },
    clock: systemClock,
  })
  const log = new CapturedLog()
  const peer = new GrpcPeer(client, 5000, (text) => text, log)
  const send = async (format: string, body: Buffer) =>
    await peer.send(
      { shard: 0, body, format, shares: [], samples: 1, queuedAt: 0, release: () => undefined },
      0,
      new AbortController().signal,
    )
  for (const compression of ['none', 'snappy', 'zstd', 'gzip'] as const) {
    const format = compression === 'none' ? 'proto' : `proto+${compression}`
    expect(await send(format, pack(compression, message))).toEqual({ kind: 'delivered' })
  }
  expect(receiver.calls.map((call) => call.message.toString())).toEqual(Array(4).fill('a message'))
  expect(log.lines).toMatchObject([
    { level: 'warn', message: 'the receiver took the data, but its answer cannot be read' },
  ])
  for (const format of ['json', 'proto+lz4', '2.0', 'proto+snappy'])
    expect(await send(format, message)).toMatchObject({ kind: 'unsendable' })
  peer.close()
})
