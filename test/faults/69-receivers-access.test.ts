import { credentials, status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { GrpcCaller } from '#src/testing/grpc-caller.ts'
import { TestReceiver as OtlpReceiver } from '../../receivers/otlp/test-receiver.ts'
import { TestReceiver as RemoteWriteReceiver } from '../../receivers/prometheus_remote_write/test-receiver.ts'

const auth = {
  bearer_token: 'right',
  basic_auth: { username: 'user', password: 'right' },
}
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const wrong = [undefined, 'Bearer wrong', 'Bearer', 'right', basic('user:wrong'), basic('other:right')]
const right = ['Bearer right', basic('user:right')]
const metrics = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

/** Every endpoint of HTTP that takes pushed data, and paths beside it, of a receiver that was just started. */
const routes = [
  { of: 'otlp', method: 'POST', path: '/v1/metrics', ok: 200, type: 'application/json', body: '{}' },
  { of: 'otlp', method: 'GET', path: '/v1/metrics', ok: 405, type: undefined, body: undefined },
  { of: 'otlp', method: 'POST', path: '/v1/traces', ok: 404, type: 'application/json', body: '{}' },
  {
    of: 'remote write',
    method: 'POST',
    path: '/api/v1/write',
    ok: 204,
    type: 'application/x-protobuf',
    body: '\0',
  },
  { of: 'remote write', method: 'GET', path: '/api/v1/write', ok: 405, type: undefined, body: undefined },
  {
    of: 'remote write',
    method: 'POST',
    path: '/api/v1/read',
    ok: 404,
    type: 'application/x-protobuf',
    body: '',
  },
] as const

async function started(
  of: (typeof routes)[number]['of'],
): Promise<AsyncDisposable & { readonly origin: string }> {
  if (of === 'otlp') {
    const receiver = await OtlpReceiver.start({ http: auth })
    const { origin } = new URL(receiver.httpUrl)
    return { origin, [Symbol.asyncDispose]: async () => await receiver[Symbol.asyncDispose]() }
  }
  const receiver = await RemoteWriteReceiver.start(auth)
  const { origin } = new URL(receiver.receiver.location ?? '')
  return { origin, [Symbol.asyncDispose]: async () => await receiver[Symbol.asyncDispose]() }
}

test.each(routes)(
  '69: $method $path of $of tells nobody anything without the right credentials',
  async (route) => {
    await using server = await started(route.of)
    const ask = async (authorization: string | undefined): Promise<[status: number, body: string]> => {
      const answer = await fetch(server.origin + route.path, {
        method: route.method,
        headers: {
          ...(route.type === undefined ? {} : { 'content-type': route.type }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(route.body === undefined ? {} : { body: route.body }),
      })
      return [answer.status, await answer.text()]
    }
    for (const each of wrong) expect([each, ...(await ask(each))]).toEqual([each, 401, 'unauthorized\n'])
    for (const each of right) expect((await ask(each))[0]).toBe(route.ok)
  },
)

test.each([metrics, '/opentelemetry.proto.collector.trace.v1.TraceService/Export', '/nowhere'])(
  '69: %s over gRPC tells nobody anything without the right credentials',
  async (path) => {
    await using receiver = await OtlpReceiver.start({ grpc: auth })
    using caller = new GrpcCaller(receiver.grpcEndpoint, path, credentials.createInsecure())
    const ask = async (authorization: string | undefined): Promise<readonly [number, string]> => {
      const { code, details } = await caller.call(
        Buffer.alloc(0),
        authorization === undefined ? {} : { metadata: { authorization } },
      )
      return [code, details]
    }
    for (const each of wrong)
      expect([each, ...(await ask(each))]).toEqual([each, status.UNAUTHENTICATED, 'unauthorized'])
    for (const each of right)
      expect((await ask(each))[0]).toBe(path === metrics ? status.OK : status.UNIMPLEMENTED)
  },
)
