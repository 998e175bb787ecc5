import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { statusWithRetryInfo } from '#src/testing/grpc-receiver.ts'
import { OtlpReceiver, type OtlpAnswer } from '#src/testing/otlp-receiver.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from './test-exporter.ts'

const batch = batchOf(
  Array.from({ length: 100 }, (_, index) => [series('m', { n: `${index}` }), index] as const),
)

test.for(
  ['proto', 'json'].flatMap((encoding) =>
    ['gzip', 'zstd', 'snappy', 'none', ''].map((compression) => [encoding, compression] as const),
  ),
)('data points arrive in %s with "%s"', async ([encoding, compression]) => {
  await using receiver = await OtlpReceiver.start(encoding === 'json' ? 'json' : 'http')
  await using sut = exporterFor({ endpoint: receiver.endpoint, encoding, compression })
  sut.take([batch])
  await sut.settled()
  expect(receiver.values).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(receiver.requests[0]?.headers).toMatchObject({
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
  })
  const said = receiver.requests[0]?.headers['content-encoding']
  expect(said).toBe(compression === '' || compression === 'none' ? undefined : compression)
  expect(sut.ledger).toMatchObject({ delivered: 100, queued: 0, imbalance: 0 })
})

test('headers and credentials go with each request, to the path of the endpoint', async () => {
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: 200 }))
  await using sut = exporterFor({
    endpoint: `http://127.0.0.1:${receiver.port}/otlp/`,
    headers: { 'X-Scope-OrgID': 'tenant' },
    basic_auth: { username: 'a', password: 'b' },
  })
  sut.take([batch])
  await sut.settled()
  expect(receiver.requests[0]?.headers).toMatchObject({
    'x-scope-orgid': 'tenant',
    authorization: `Basic ${Buffer.from('a:b').toString('base64')}`,
  })
})

test('a higher level makes smaller requests', async () => {
  const lengths: number[] = []
  for (const level of [1, 9]) {
    await using receiver = await RemoteWriteReceiver.start(() => ({ status: 200 }))
    await using sut = exporterFor({
      endpoint: `http://127.0.0.1:${receiver.port}`,
      compression_params: { level },
    })
    sut.take([batch])
    await sut.settled()
    lengths.push(receiver.requests[0]?.body.length ?? 0)
    expect(gunzipSync(receiver.requests[0]?.body ?? '').length).toBeGreaterThan(3000)
  }
  expect(lengths[1]).toBeLessThan(lengths[0] ?? 0)
})

test.for<readonly [OtlpAnswer, string]>([
  [
    {
      http: {
        status: 400,
        headers: { 'content-type': 'application/x-protobuf' },
        body: statusWithRetryInfo(3, 'no such tenant', 0),
      },
    },
    'no such tenant',
  ],
  [{ http: { status: 400, headers: { 'content-type': 'application/x-protobuf' }, body: '\n' } }, '\n'],
  [{ http: { status: 400, headers: { 'content-type': 'text/plain' }, body: 'no' } }, 'no'],
])('what the receiver says of a refusal is told: %o', async ([answer, said]) => {
  await using receiver = await OtlpReceiver.start('http', () => answer)
  await using sut = exporterFor({ endpoint: receiver.endpoint })
  sut.take([batch])
  await sut.settled()
  expect(sut.lines).toMatchObject([
    { message: 'the receiver refused data: it is dropped', fields: { status: 400, answer: said } },
  ])
})

test('a success with an endless body is read as far as it is an answer, and the data counts as delivered', async () => {
  await using receiver = await OtlpReceiver.start('http', () => ({
    http: { status: 200, headers: { 'content-type': 'application/json' }, body: ' '.repeat(1_000_000) },
  }))
  await using sut = exporterFor({ endpoint: receiver.endpoint })
  sut.take([batch])
  await sut.settled()
  expect(receiver.requests).toHaveLength(1)
  expect(sut.ledger).toMatchObject({ delivered: 100, imbalance: 0 })
  expect(sut.lines).toMatchObject([{ level: 'warn' }])
})
