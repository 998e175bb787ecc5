import { once } from 'node:events'
import { createServer, request as sendRequest, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { exampleSummary } from '#src/testing/kubelet-summary.ts'
import {
  containerLogsHandler,
  podHandler,
  podMetricsResourceHandler,
  podStatsSummaryHandler,
  runningPodsHandler,
  type PodHandlerConfig,
} from './pod-handler.ts'
import { invalidInput, notFound } from './provider-error.ts'
import type { RouteHandler } from './router.ts'
import { summaryToMetricFamilies } from './summary-metrics.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => await close()))
})

async function portOf(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly location: string | undefined
  readonly body: string
}

/** Sends a request whose path is not tidied, as fetch would. */
async function ask(listener: RequestListener, path: string, method = 'GET'): Promise<Answer> {
  const sent = sendRequest({ port: await portOf(listener), host: '127.0.0.1', path, method }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const { statusCode: status, headers } = response
  return {
    status,
    type: headers['content-type'],
    location: headers.location,
    body: Buffer.concat(chunks).toString(),
  }
}

const text = 'text/plain; charset=utf-8'
const gauge = { name: 'x', type: 'GAUGE', metric: [{ gauge: { value: 1 } }] } as const

const full: PodHandlerConfig = {
  getPods: () => [{ metadata: { name: 'running' } }],
  getPodsFromKubernetes: () => [{ metadata: { name: 'wanted' } }],
  getStatsSummary: exampleSummary,
  getMetricsResource: () => [gauge],
  debug: true,
}

describe('the router of a provider that has everything', () => {
  test.each([
    ['/metrics/resource', { status: 200, type: 'text/plain; version=0.0.4', body: '# TYPE x gauge\nx 1\n' }],
    [
      '/metrics/resource/?a=1',
      {
        status: 301,
        type: 'text/html; charset=utf-8',
        location: '/metrics/resource?a=1',
        body: '<a href="/metrics/resource?a=1">Moved Permanently</a>.\n\n',
      },
    ],
    ['/metrics%2Fresource', { status: 200 }],
    ['/stats/summary', { status: 200, type: text }],
    ['/stats/summary/', { status: 301, location: '/stats/summary' }],
    [
      '/pods',
      {
        status: 200,
        type: 'application/json',
        body: '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"wanted"}}]}\n',
      },
    ],
    ['/pods/', { status: 301, location: '/pods' }],
    [
      '/runningpods/',
      { status: 200, type: 'application/json', body: expect.stringContaining('running') as string },
    ],
    ['/runningpods?x=%20', { status: 301, location: '/runningpods/?x=%20' }],
    [
      '//metrics//resource?a=1',
      { status: 301, type: undefined, location: '/metrics/resource?a=1', body: '' },
    ],
    ['/metrics/./resource/', { status: 301, location: '/metrics/resource/', body: '' }],
    ['/x/../pods', { status: 301, location: '/pods' }],
    ['/%zz', { status: 400 }],
    ['/metrics', { status: 404, type: text, body: '404 request not found\n' }],
    ['/', { status: 404 }],
    ['/exec/ns/pod/c', { status: 501, type: text, body: '501 not implemented\n' }],
    ['/attach/ns/pod/c', { status: 501 }],
    ['/portForward/ns/pod', { status: 501 }],
    ['/containerLogs/ns/pod/c', { status: 501 }],
    ['/containerLogs/ns/pod', { status: 404 }],
  ])('GET %s', async (path, expected) => {
    expect(await ask(podHandler(full), path)).toMatchObject(expected)
  })

  test.each([
    ['HEAD', '/metrics/resource'],
    ['POST', '/metrics/resource'],
    ['PUT', '/stats/summary/'],
    ['DELETE', '/pods'],
    ['POST', '/containerLogs/ns/pod/c'],
  ])('%s %s is not allowed, without a word', async (method, path) => {
    const { status, type, body } = await ask(podHandler(full), path, method)
    expect([status, type, body]).toEqual([405, undefined, ''])
  })

  test('no body is sent with a type that browsers may guess otherwise', async () => {
    const port = await portOf(podHandler(full))
    const answer = await fetch(`http://127.0.0.1:${port}/nowhere`)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const refused = await fetch(`http://127.0.0.1:${port}/pods`, { method: 'POST' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, null])
  })
})

test.each([
  ['/metrics/resource', 404, '404 request not found\n'],
  ['/stats/summary', 404, '404 request not found\n'],
  ['/runningpods/', 404, '404 request not found\n'],
  ['/pods', 501, '501 not implemented\n'],
])('the router of a provider that has nothing answers %s with %i', async (path, status, body) => {
  expect(await ask(podHandler({}), path)).toMatchObject({ status, type: text, body })
})

describe('handlers that stand alone', () => {
  test.each([
    ['metrics', podMetricsResourceHandler(undefined)],
    ['summary', podStatsSummaryHandler(undefined)],
    ['pods', runningPodsHandler(undefined)],
    ['logs', containerLogsHandler(undefined)],
  ])('without a function of the provider all is 501: %s', async (_, handler) => {
    for (const [path, method] of [
      ['/metrics/resource', 'GET'],
      ['/any', 'POST'],
    ] as const)
      expect(await ask(handler, path, method)).toMatchObject({
        status: 501,
        type: text,
        body: '501 not implemented\n',
      })
  })

  test('both forms of a path are answered, other paths are 404, other methods 405', async () => {
    const metrics = podMetricsResourceHandler(full.getMetricsResource)
    for (const path of ['/metrics/resource', '/metrics/resource/'])
      expect(await ask(metrics, path)).toMatchObject({ status: 200, body: '# TYPE x gauge\nx 1\n' })
    expect(await ask(metrics, '/stats/summary')).toMatchObject({
      status: 404,
      body: '404 request not found\n',
    })
    expect(await ask(metrics, '/metrics/resource', 'POST')).toMatchObject({ status: 405, body: '' })
    const summary = podStatsSummaryHandler(exampleSummary)
    for (const path of ['/stats/summary', '/stats/summary/'])
      expect(JSON.parse((await ask(summary, path)).body)).toMatchObject({ node: { nodeName: 'n1' } })
  })

  test('a list without pods is null', async () => {
    const { body } = await ask(
      runningPodsHandler(() => []),
      '/anywhere',
    )
    expect(JSON.parse(body)).toEqual({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: null })
  })
})

describe('what a provider throws', () => {
  test.each([
    ['an error', () => new Error('test error'), 500],
    ['not found', () => notFound('no node'), 404],
    ['invalid input', () => invalidInput('bad'), 400],
    ['a cause that was not found', () => new Error('outer', { cause: notFound('inner') }), 404],
    ['no error at all', () => 'words', 500],
  ])('%s decides the status', async (_, make, status) => {
    const logger = new CapturedLog()
    const fail = (): never => {
      throw make()
    }
    const handler = podHandler({
      getMetricsResource: fail,
      getStatsSummary: fail,
      getPodsFromKubernetes: fail,
      logger,
    })
    const thrown = make()
    const message = thrown instanceof Error ? thrown.message : thrown
    for (const path of ['/metrics/resource', '/stats/summary'])
      expect(await ask(handler, path)).toMatchObject({
        status,
        type: text,
        body: `error getting status from provider: ${message}`,
      })
    expect(await ask(handler, '/pods')).toMatchObject({ status, body: message })
    expect(new Set(logger.lines.map(({ level }) => level))).toEqual(
      new Set([status === 500 ? 'error' : 'debug']),
    )
  })

  test('causes in a ring have an end', async () => {
    const ring = new Error('ring')
    ring.cause = ring
    expect(
      await ask(podHandler({ getPodsFromKubernetes: () => Promise.reject(ring) }), '/pods'),
    ).toMatchObject({
      status: 500,
      body: 'ring',
    })
  })

  test('families that the format lacks are told, and nothing of them is sent', async () => {
    const handler = podHandler({ getMetricsResource: () => [gauge, { name: '' }] })
    expect(await ask(handler, '/metrics/resource')).toMatchObject({
      status: 500,
      type: text,
      body: 'could not convert metrics to prometheus text format: a metric family has no name',
    })
  })

  test('numbers that JSON lacks are told', async () => {
    const node = { nodeName: 'n', startTime: null, memory: { time: null, usageBytes: Number.NaN } }
    expect(
      await ask(podHandler({ getStatsSummary: () => ({ node, pods: [] }) }), '/stats/summary'),
    ).toMatchObject({
      status: 500,
      body: 'error marshalling stats: expected a whole number, found NaN',
    })
  })
})

test('no families are an empty body', async () => {
  expect(await ask(podHandler({ getMetricsResource: () => [] }), '/metrics/resource')).toMatchObject({
    status: 200,
    body: '',
  })
})

test('the signal aborts when the client goes, and its error is not dressed up', async () => {
  const logger = new CapturedLog()
  const asked = Promise.withResolvers<AbortSignal>()
  const handler = podHandler({
    getMetricsResource: async (signal) => {
      asked.resolve(signal)
      await once(signal, 'abort')
      signal.throwIfAborted()
      return []
    },
    logger,
  })
  const sent = sendRequest({
    port: await portOf(handler),
    host: '127.0.0.1',
    path: '/metrics/resource',
  }).end()
  sent.on('error', () => undefined)
  const signal = await asked.promise
  expect(signal.aborted).toBe(false)
  sent.destroy()
  await expect.poll(() => logger.lines).toMatchObject([{ fields: { error: 'This operation was aborted' } }])
})

const stream: RouteHandler = (request, response, parameters) => {
  if (parameters['pod'] === 'gone') throw notFound('no such pod')
  response.end(JSON.stringify([request.method, parameters]))
}

test('streams are answered by their own handlers, which get the parts of the path', async () => {
  const handler = podHandler({
    getContainerLogs: stream,
    runInContainer: stream,
    attachToContainer: stream,
    portForward: stream,
  })
  const parameters = { namespace: 'n', pod: 'p', container: 'c' }
  for (const [path, method, expected] of [
    ['/containerLogs/n/p/c?follow=true', 'GET', parameters],
    ['/exec/n/p/c', 'POST', parameters],
    ['/attach/n/p/c', 'GET', parameters],
    ['/portForward/n/p', 'POST', { namespace: 'n', pod: 'p' }],
  ] as const)
    expect(JSON.parse((await ask(handler, path, method)).body)).toEqual([method, expected])
  expect(await ask(handler, '/exec/n/gone/c', 'POST')).toMatchObject({ status: 404, body: 'no such pod' })
  const logs = containerLogsHandler(stream)
  expect((await ask(logs, '/containerLogs/n/p/c')).status).toBe(200)
  expect((await ask(logs, '/containerLogs/n/p/c', 'POST')).status).toBe(405)
})

test('a provider that has only a summary has metrics too, and both endpoints stand side by side', async () => {
  const handler = podHandler({
    getStatsSummary: exampleSummary,
    getMetricsResource: () => summaryToMetricFamilies(exampleSummary()),
  })
  expect((await ask(handler, '/metrics/resource')).body).toContain(
    '\nnode_cpu_usage_seconds_total 994631.562157 ',
  )
  expect(JSON.parse((await ask(handler, '/stats/summary')).body)).toMatchObject({ pods: [{}, {}] })
})
