import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { pointsOf } from '#src/testing/otlp-json.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { exporterFor } from '../../exporters/otlp/test-exporter.ts'
import { TestReceiver } from '../../receivers/otlp/test-receiver.ts'
import { sample } from '../faults/otlp-ways.ts'
import { CollectorSender } from './collector-sender.ts'
import { Collector } from './collector.ts'
import { RemoteNetwork } from './remote-network.ts'

function exporterTo(collector: Collector, keepalive: object): TestExporter {
  return exporterFor({
    endpoint: collector.grpcEndpoint,
    tls: { insecure: true },
    // No attempt ends by itself: what ends it is the connection.
    timeout: '1h',
    keepalive,
    retry_on_failure: { initial_interval: '50ms', max_interval: '200ms' },
  })
}

/** The values that a Collector has, in the order in which they came. */
async function valuesAt(collector: Collector): Promise<number[]> {
  return pointsOf(await collector.requests()).map((point) => Number(point['asDouble']))
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

test('43: a connection that died without a word is found by a ping, and what was on it goes by another', async () => {
  await using network = await RemoteNetwork.start()
  await using collector = await Collector.start({ place: network.place })
  await using sut = exporterTo(collector, { time: '300ms', timeout: '200ms' })
  sut.take([sample(0)])
  await sut.settled()
  network.silence(collector.grpcPort)
  sut.take([sample(1)])
  await expect.poll(() => sut.ledger.delivered, { timeout: 30_000 }).toBe(2)
  expect(sut.ledger).toMatchObject({ queued: 0, imbalance: 0 })
  await expect.poll(async () => await valuesAt(collector)).toEqual([0, 1])
})

test('40: connections that a Collector ends for their age cost nothing: each sample comes once, in order', async () => {
  const server_parameters = { max_connection_age: '50ms', max_connection_age_grace: '5s' }
  await using collector = await Collector.start({ grpc: { keepalive: { server_parameters } } })
  await using sut = exporterTo(collector, {})
  const count = 300
  for (const value of numbers(count)) {
    expect(sut.take([sample(value)])).toBe(true)
    await sleep(4)
  }
  await sut.settled()
  expect(sut.ledger).toMatchObject({ delivered: count, imbalance: 0 })
  await expect.poll(async () => await valuesAt(collector)).toEqual(numbers(count))
  expect(sut.lines).toEqual([])
})

test('40: a Collector that complains of too many pings is asked less often, and gets all of it', async () => {
  await using collector = await Collector.start()
  await using sut = exporterTo(collector, { time: '10ms', permit_without_stream: true })
  const complaints = (): unknown[] => sut.lines.flatMap(({ fields }) => fields['keepalive_seconds'] ?? [])
  let sent = 0
  // It forgives pings while it has something to say.
  for (; complaints().length < 3; sent++) {
    expect(sut.take([sample(sent)])).toBe(true)
    await sleep(300)
  }
  await sut.settled()
  expect(complaints()).toEqual([0.02, 0.04, 0.08])
  expect(sut.ledger).toMatchObject({ delivered: sent, imbalance: 0 })
  await expect.poll(async () => new Set(await valuesAt(collector))).toEqual(new Set(numbers(sent)))
})

test('40: connections that the receiver ends for their age cost a Collector that sends nothing', async () => {
  const server_parameters = { max_connection_age: '50ms', max_connection_age_grace: '5s' }
  await using receiver = await TestReceiver.start({ grpc: { keepalive: { server_parameters } } })
  await using sender = await CollectorSender.start({
    otlp: {
      endpoint: receiver.grpcEndpoint,
      tls: { insecure: true },
      sending_queue: { enabled: false },
      retry_on_failure: { enabled: false },
    },
  })
  const count = 200
  for (const value of numbers(count)) {
    const point = { asDouble: value, timeUnixNano: String(1_700_000_000_000_000_000n + BigInt(value)) }
    const metric = { name: 'm', gauge: { dataPoints: [point] } }
    expect(await sender.send({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })).toBe(true)
  }
  expect(receiver.context.next.samples.map(({ value }) => value)).toEqual(numbers(count))
})
