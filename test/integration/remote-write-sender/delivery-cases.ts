import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { ScriptedAnswer } from '#src/testing/remote-write-receiver.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { scrape } from '#src/testing/exposition.ts'
import { exporterFor } from '../../../exporters/prometheus_remote_write/test-exporter.ts'
import { mixed, now, openMetrics, sender, takesAll, targetReader, type Level } from './scenario.ts'

const gauge = (value: number): string => openMetrics('# TYPE v gauge', `v ${value}`)

/** What becomes of a request that is first answered so, `times` times. */
async function answered(
  answer: ScriptedAnswer,
  times = 1,
  options: object = {},
): Promise<{
  readonly requests: number
  readonly retries: readonly (string | undefined)[]
  readonly delivered: number
  readonly rejected: Record<string, number>
  readonly dropped: Record<string, number>
  readonly values: readonly (number | undefined)[]
  readonly gaps: readonly number[]
  readonly lines: readonly {
    readonly level: string
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>>
  }[]
}> {
  await using both = await sender({
    options,
    answer: (request, index) => (index < times ? answer : takesAll(request)),
  })
  const { sut, receiver } = both
  const reader = targetReader()
  // The second one follows the first, whatever becomes of it.
  for (const value of [1, 2]) {
    sut.take(scrape(reader, gauge(value), { format: 'openmetrics-1.0.0', time: now + value }))
    await sut.settled()
  }
  const { requests } = receiver
  expect(sut.ledger.imbalance).toBe(0)
  return {
    requests: requests.length,
    retries: requests.map(({ headers }) => headers['retry-attempt'] as string | undefined),
    delivered: sut.ledger.delivered,
    rejected: Object.fromEntries(sut.ledger.rejected),
    dropped: Object.fromEntries(sut.ledger.dropped),
    values: receiver.series().map(({ samples: [sample] }) => sample?.value),
    gaps: requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0)),
    lines: sut.lines,
  }
}

/** Refused once and for all: no second attempt, and the next data goes on. */
function refused(name: string, level: Level, status: number): void {
  test.concurrent(`TestRetryBehavior/${name} (${level})`, async () => {
    const { requests, delivered, rejected, retries, values } = await answered({ status })
    expect({ requests, delivered, rejected, retries, values }).toEqual({
      requests: 2,
      delivered: 1,
      rejected: { [`http_${status}`]: 1 },
      retries: [undefined, undefined],
      values: [1, 2],
    })
  })
}

/** Tried again with the same bytes until it works; what follows waits. */
function retried(name: string, level: Level, status: number): void {
  test.concurrent(`TestRetryBehavior/${name} (${level})`, async () => {
    const { requests, delivered, rejected, retries, values } = await answered({ status }, 3)
    expect({ requests, delivered, rejected, retries, values }).toEqual({
      requests: 5,
      delivered: 2,
      rejected: {},
      retries: [undefined, '1', '2', '3', undefined],
      values: [1, 1, 1, 1, 2],
    })
  })
}

/** What is spoken to a receiver that answers 415 to 2.0, in the order of its requests. */
async function fallback(options: object, knows: (type: string) => boolean = (type) => !type.includes('v2')) {
  await using both = await sender({
    options: { protobuf_message: 'auto', ...options },
    answer: (request) =>
      knows(String(request.headers['content-type']))
        ? takesAll(request)
        : { status: 415, body: 'what is this?' },
  })
  const { sut, receiver } = both
  const reader = targetReader()
  for (const value of [1, 2, 3]) {
    sut.take(scrape(reader, gauge(value), { format: 'openmetrics-1.0.0', time: now + value }))
    await sut.settled()
  }
  return {
    types: receiver.requests.map(({ headers }) => headers['content-type']),
    versions: receiver.requests.map(({ headers }) => headers['x-prometheus-remote-write-version']),
    values: receiver.series().map(({ samples: [sample] }) => sample?.value),
    delivered: sut.ledger.delivered,
    messages: sut.lines.map(({ message }) => message),
  }
}

const firstType = 'application/x-protobuf'
const secondType = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'

/** What comes of requests that are all answered so. */
async function successes(answer: ScriptedAnswer) {
  await using both = await sender({ answer: (request) => ({ ...takesAll(request), ...answer }) })
  const { sut } = both
  const reader = targetReader()
  for (const value of [1, 2]) {
    sut.take(scrape(reader, gauge(value), { format: 'openmetrics-1.0.0', time: now + value }))
    await sut.settled()
  }
  return {
    requests: both.receiver.requests.length,
    delivered: sut.ledger.delivered,
    rejected: Object.fromEntries(sut.ledger.rejected),
    lines: sut.lines,
  }
}

const written = (samples: number): ScriptedAnswer['headers'] => ({
  'X-Prometheus-Remote-Write-Samples-Written': String(samples),
  'X-Prometheus-Remote-Write-Histograms-Written': '0',
  'X-Prometheus-Remote-Write-Exemplars-Written': '0',
})

/** Sends one sample to a URL at which nothing answers as it should, until something is logged; then stops. */
async function withoutAnswer(endpoint: string, options: object = {}) {
  const sut = exporterFor({
    endpoint,
    retry_on_failure: { initial_interval: '2ms', max_interval: '5ms' },
    ...options,
  })
  sut.take(scrape(targetReader(), gauge(1), { format: 'openmetrics-1.0.0', time: now }))
  await expect.poll(() => sut.lines.length).toBeGreaterThan(1)
  expect(sut.ledger.queued).toBe(1)
  await sut.stop()
  return {
    lines: sut.lines,
    dropped: Object.fromEntries(sut.ledger.dropped),
    settlements: sut.settlements,
    states: new Set(sut.reports.map(({ state }) => state)),
  }
}

/** The error that a line bears. */
function codeOf(lines: Awaited<ReturnType<typeof withoutAnswer>>['lines']): unknown {
  return (lines[0]?.fields['error'] as { code?: unknown } | undefined)?.code
}

/** Declares the tests of these groups. */
export function deliveryCases(): void {
  describe('retry', () => {
    refused('no_retry_on_400', 'MUST', 400)
    refused('no_retry_on_401', 'MUST', 401)
    refused('no_retry_on_404', 'MUST', 404)
    retried('may_retry_on_429', 'MAY', 429)
    retried('retry_on_500', 'MUST', 500)
    retried('retry_on_503', 'MUST', 503)
    retried('retry_on_502', 'SHOULD', 502)
    retried('retry_on_504', 'SHOULD', 504)
    // One series cannot be cut in two.
    refused('no_retry_on_413', 'SHOULD', 413)
  })

  describe('backoff', () => {
    test.concurrent('TestBackoffBehavior/exponential_backoff_on_retries (SHOULD)', async () => {
      const { gaps } = await answered({ status: 503 }, 6, {
        retry_on_failure: { initial_interval: '20ms', randomization_factor: 0, max_interval: '10s' },
      })
      // Timers may be late, never early: 20, 40, 80, 160, 320, 640 ms.
      for (const [index, gap] of gaps.slice(0, 6).entries())
        expect(gap).toBeGreaterThanOrEqual(20 * 2 ** index - 2)
    })

    test.concurrent('TestBackoffBehavior/backoff_required (MUST)', async () => {
      const { gaps } = await answered({ status: 500 }, 2, { retry_on_failure: {} })
      // By the defaults: 50 and 100 ms, shorter by 40 % at most.
      expect(gaps[0]).toBeGreaterThanOrEqual(28)
      expect(gaps[1]).toBeGreaterThanOrEqual(58)
    })

    test.concurrent('TestBackoffBehavior/backoff_max_delay (SHOULD)', async () => {
      const { requests, dropped } = await answered({ status: 500 }, 20, {
        retry_on_failure: { initial_interval: '1ms', multiplier: 1000, max_interval: '5ms' },
      })
      expect([requests, dropped]).toEqual([22, {}])
    })

    test.concurrent('TestBackoffBehavior/backoff_with_jitter (RECOMMENDED)', async () => {
      const runs = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const { gaps } = await answered({ status: 500 }, 1, {
            retry_on_failure: { initial_interval: '100ms', randomization_factor: 1 },
          })
          return gaps[0] ?? 0
        }),
      )
      expect(Math.max(...runs) - Math.min(...runs)).toBeGreaterThan(5)
    })
  })

  describe('fallback', () => {
    test.concurrent('TestFallbackBehavior/fallback_on_415_unsupported_media_type (SHOULD)', async () => {
      expect((await fallback({})).types).toEqual([secondType, firstType, firstType, firstType])
    })

    test.concurrent('TestFallbackBehavior/retry_with_different_version (SHOULD)', async () => {
      // The data of the request that was not understood is sent again.
      expect((await fallback({})).values).toEqual([1, 1, 2, 3])
    })

    test.concurrent('TestFallbackBehavior/fallback_header_changes (MUST)', async () => {
      expect((await fallback({})).versions).toEqual(['2.0.0', '0.1.0', '0.1.0', '0.1.0'])
    })

    test.concurrent('TestFallbackBehavior/accept_success_after_fallback (SHOULD)', async () => {
      const { delivered, messages } = await fallback({})
      expect(delivered).toBe(3)
      expect(messages).toEqual(['remote write 1.0 is spoken: the receiver does not know 2.0'])
    })

    test.concurrent('TestFallbackBehavior/persistent_fallback_choice (SHOULD)', async () => {
      const { types } = await fallback({})
      expect(types.lastIndexOf(secondType)).toBe(0)
    })

    test.concurrent('TestNoFallbackOn2xx (MUST)', async () => {
      const { types } = await fallback({}, () => true)
      expect(types).toEqual([secondType, secondType, secondType])
    })
  })

  describe('response', () => {
    test.concurrent('TestResponseProcessing/ignore_response_body_on_success (SHOULD)', async () => {
      const { requests, delivered, lines } = await successes({
        status: 200,
        body: '{"status":"error"}'.repeat(1000),
      })
      expect({ requests, delivered, lines }).toEqual({ requests: 2, delivered: 2, lines: [] })
    })

    test.concurrent('TestResponseProcessing/process_written_count_headers (MAY)', async () => {
      const { delivered, rejected } = await successes({ headers: written(0) ?? {} })
      expect({ delivered, rejected }).toEqual({ delivered: 0, rejected: { not_written: 2 } })
    })

    test.concurrent('TestResponseProcessing/handle_partial_write_response (SHOULD)', async () => {
      await using both = await sender({
        answer: () => ({ status: 400, headers: written(3) ?? {}, body: 'out of order sample' }),
      })
      both.sut.take(scrape(targetReader(), mixed, { format: 'openmetrics-1.0.0', time: now }))
      await both.sut.settled()
      expect(both.receiver.requests).toHaveLength(1)
      expect(both.sut.ledger.delivered).toBe(3)
      expect(Object.fromEntries(both.sut.ledger.rejected)).toEqual({ http_400: 7 })
    })

    test.concurrent('TestResponseProcessing/handle_missing_written_headers (SHOULD)', async () => {
      // A receiver of 1.0 takes a message of 2.0 for an empty one: nothing was written, so 1.0 is spoken.
      await using both = await sender({
        options: { protobuf_message: 'auto' },
        answer: () => ({ status: 204 }),
      })
      const reader = targetReader()
      for (const value of [1, 2]) {
        both.sut.take(scrape(reader, gauge(value), { format: 'openmetrics-1.0.0', time: now + value }))
        await both.sut.settled()
      }
      expect(both.receiver.requests.map(({ headers }) => headers['content-type'])).toEqual([
        secondType,
        firstType,
        firstType,
      ])
      expect(both.sut.ledger.delivered).toBe(2)
      // Where 2.0 alone is to be spoken, it is counted and told.
      await using strict = await sender({ answer: () => ({ status: 204 }) })
      strict.sut.take(scrape(targetReader(), gauge(1), { format: 'openmetrics-1.0.0', time: now }))
      await strict.sut.settled()
      expect(Object.fromEntries(strict.sut.ledger.rejected)).toEqual({ not_written: 1 })
      expect(strict.sut.lines).toMatchObject([
        { level: 'error', message: 'the receiver did not take all data: the rest is dropped' },
      ])
    })

    test.concurrent('TestResponseProcessing/log_error_messages_verbatim (MUST)', async () => {
      const said = 'out of order sample: {__name__="v"} «ü»\ttab'
      const { lines } = await answered({ status: 400, body: said })
      expect(lines).toMatchObject([{ level: 'error', fields: { status: 400, answer: said, points: 1 } }])
    })

    test.concurrent('TestResponseProcessing/handle_large_error_body (SHOULD)', async () => {
      const { lines, delivered } = await answered({ status: 400, body: 'ü'.repeat(1_000_000) })
      expect(delivered).toBe(1)
      expect(lines[0]?.fields['answer']).toBe('ü'.repeat(128))
    })

    test.concurrent('TestResponseProcessing/handle_204_no_content (MUST)', async () => {
      expect(await successes({ status: 204 })).toMatchObject({ requests: 2, delivered: 2, lines: [] })
    })

    test.concurrent('TestResponseProcessing/handle_200_ok (MUST)', async () => {
      expect(await successes({ status: 200 })).toMatchObject({ requests: 2, delivered: 2, lines: [] })
    })

    test.concurrent('TestContentTypeNegotiation (SHOULD)', async () => {
      for (const [message, type] of [
        ['prometheus.WriteRequest', firstType],
        ['io.prometheus.write.v2.Request', secondType],
        ['auto', secondType],
      ]) {
        await using both = await sender({ options: { protobuf_message: message } })
        both.sut.take(scrape(targetReader(), gauge(1), { format: 'openmetrics-1.0.0', time: now }))
        await both.sut.settled()
        expect(both.receiver.requests.map(({ headers }) => headers['content-type'])).toEqual([type])
      }
    })
  })

  describe('error handling', () => {
    test.concurrent('TestErrorHandling/handle_connection_refused (SHOULD)', async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      const { lines, dropped, settlements, states } = await withoutAnswer(`http://127.0.0.1:${port}/write`)
      expect(codeOf(lines)).toBe('connection_refused')
      expect(dropped).toEqual({ shutdown: 1 })
      expect(settlements).toEqual([{ delivered: false, reason: 'shutdown', rejected: 0 }])
      expect(states).toEqual(new Set(['recoverable_error']))
    })

    test.concurrent('TestErrorHandling/handle_timeout (SHOULD)', async () => {
      const { retries, delivered, values } = await answered({ hold: true }, 2, { timeout: '200ms' })
      expect(delivered).toBe(2)
      expect(retries.slice(0, 3)).toEqual([undefined, '1', '2'])
      expect([...new Set(values)]).toEqual([1, 2])
    })

    test.concurrent('TestErrorHandling/handle_partial_write (SHOULD)', async () => {
      // The receiver has the data, and the connection ends before its answer: the same sample comes again.
      const { requests, delivered, values } = await answered({ hangUp: true }, 2)
      expect({ requests, delivered, values }).toEqual({ requests: 4, delivered: 2, values: [1, 1, 1, 2] })
    })

    test.concurrent('TestErrorHandling/handle_malformed_response (SHOULD)', async () => {
      let connections = 0
      await using both = await sender({})
      const server = createServer((socket) => {
        connections++
        socket.on('error', () => undefined)
        socket.once('data', () => socket.end('this is no HTTP\r\n\r\n'))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const { lines, dropped } = await withoutAnswer(`http://127.0.0.1:${port}/write`)
      server.close()
      expect(codeOf(lines)).toBe('malformed_response')
      expect(connections).toBeGreaterThan(1)
      expect(dropped).toEqual({ shutdown: 1 })
      expect(both.receiver.requests).toEqual([])
    })

    test.concurrent('TestErrorHandling/sender_continues_after_errors (MUST)', async () => {
      const answers: ScriptedAnswer[] = [
        { hangUp: true },
        { status: 500 },
        { status: 400 },
        { status: 413 },
        { hold: true },
        { status: 429 },
      ]
      await using both = await sender({
        options: { timeout: '300ms' },
        answer: (request, index) => answers[index] ?? takesAll(request),
      })
      const reader = targetReader()
      for (let value = 0; value < 6; value++) {
        both.sut.take(scrape(reader, gauge(value), { format: 'openmetrics-1.0.0', time: now + value }))
        await both.sut.settled()
      }
      expect(both.sut.ledger.delivered).toBe(4)
      expect(Object.fromEntries(both.sut.ledger.rejected)).toEqual({ http_400: 1, http_413: 1 })
      expect(both.sut.reports.at(-1)?.state).toBe('ok')
    })

    test.concurrent('TestErrorHandling/handle_invalid_status_code (SHOULD)', async () => {
      const { requests, delivered } = await answered({ status: 799 }, 2)
      expect({ requests, delivered }).toEqual({ requests: 4, delivered: 2 })
      // A redirect that leads nowhere is a refusal.
      expect((await answered({ status: 300 })).rejected).toEqual({ http_300: 1 })
    })

    test.concurrent('TestErrorHandling/handle_empty_response (SHOULD)', async () => {
      expect(await successes({ status: 200, body: '' })).toMatchObject({
        requests: 2,
        delivered: 2,
        lines: [],
      })
    })

    test.concurrent('TestErrorHandling/handle_large_error_response (SHOULD)', async () => {
      const { requests, delivered, lines } = await answered({ status: 503, body: 'x'.repeat(5_000_000) }, 2)
      expect({ requests, delivered }).toEqual({ requests: 4, delivered: 2 })
      expect(String(lines[0]?.fields['answer']).length).toBe(256)
    })

    test.concurrent('TestNetworkErrors/dns_resolution_failure (SHOULD)', async () => {
      const { lines, dropped } = await withoutAnswer('http://no-such-host.invalid/write')
      expect(String(codeOf(lines))).toMatch(/^dns_/)
      expect(dropped).toEqual({ shutdown: 1 })
    })

    test.concurrent('TestNetworkErrors/invalid_url_scheme (SHOULD)', async () => {
      for (const endpoint of ['ftp://127.0.0.1/write', 'prometheus:9090', 'not a url', ''])
        expect(() => exporterFor({ endpoint })).toThrow(/expected a URL/)
      await using receiver = await RemoteWriteReceiver.start()
      await using sut = exporterFor({ endpoint: receiver.url })
      expect(sut.ledger.imbalance).toBe(0)
    })
  })
}
