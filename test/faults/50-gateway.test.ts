import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { valueOf } from '../own-metrics.ts'
import { Gateway } from './gateway.ts'

test('the shipped gateway answers when all of it is on disk, and hands on both protocols by both', async () => {
  await using gateway = await Gateway.make()
  await gateway.start()
  gateway.send()
  await gateway.acknowledged(20)
  await gateway.stopSending()
  await gateway.drained()
  expect(gateway.problems).toEqual([])
})

test('36, 47, 50: with both destinations down senders are answered; a stop, then a kill lose nothing of it', async () => {
  await using gateway = await Gateway.make()
  for (const destination of gateway.destinations) destination.mood = 'busy'
  for (const end of ['SIGTERM', 'SIGKILL'] as const) {
    const weir = await gateway.start(['service.shutdown_deadline=1h'])
    if (end === 'SIGTERM') gateway.send()
    await gateway.acknowledged(20)
    const { status } = await weir.end(end)
    expect(status).toBe(end === 'SIGTERM' ? 0 : null)
  }
  for (const destination of gateway.destinations) destination.mood = 'up'
  await gateway.start()
  await gateway.acknowledged(20)
  await gateway.stopSending()
  await gateway.drained()
  expect(gateway.problems).toEqual([])
})

test('42: one destination whose answers are lost costs the other nothing, and neither a number', async () => {
  await using gateway = await Gateway.make()
  await gateway.start()
  gateway.destinations[0].mood = 'lose_answers'
  gateway.send()
  await gateway.acknowledged(20)
  const [, other] = gateway.destinations
  await gateway.weir?.until('the other has its numbers', () => other.arrived.has('otlp', 15))
  gateway.destinations[0].mood = 'up'
  await gateway.stopSending()
  await gateway.drained()
  expect(gateway.problems).toEqual([])
})

test('52: when no more files can be opened it goes on, and takes what comes when there are some again', async () => {
  await using gateway = await Gateway.make()
  const weir = await gateway.start([], 'ulimit -n 100')
  gateway.send()
  await gateway.acknowledged(5)
  const sockets: Socket[] = []
  for (let count = 0; count < 150; count++) {
    const socket = connect(gateway.httpPort, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const socket of sockets) socket.destroy()
  await gateway.acknowledged(20)
  await gateway.stopSending()
  await gateway.drained()
  expect(weir.child.exitCode).toBe(null)
  expect(gateway.problems).toEqual([])
})

test('53: where memory is short senders are asked to wait, and nothing is taken', async () => {
  await using gateway = await Gateway.make()
  const weir = await gateway.start(['processors.memory_limiter={"check_interval":"10ms","limit_mib":2}'])
  gateway.send()
  await weir.until('repetitions', () => gateway.senders.every(({ repetitions }) => repetitions > 5))
  const metrics = await weir.metrics()
  expect(gateway.senders.map(({ acknowledged }) => acknowledged.length)).toEqual([0, 0])
  expect(valueOf(metrics, 'weir_exporter_accepted_points_total{component="otlp_http"}')).toBe(0)
  await weir.end('SIGTERM')
  await gateway.start()
  await gateway.acknowledged(5)
  await gateway.stopSending()
  await gateway.drained()
  expect(gateway.problems).toEqual([])
})

test('55: suspended and woken, it goes on where it was', async () => {
  await using gateway = await Gateway.make()
  const weir = await gateway.start()
  gateway.send()
  await gateway.acknowledged(5)
  weir.signal('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 2000))
  weir.signal('SIGCONT')
  await gateway.acknowledged(20)
  await gateway.stopSending()
  await gateway.drained()
  expect(gateway.problems).toEqual([])
})
