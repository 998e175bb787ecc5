import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { batchOf, series } from '#src/testing/series.ts'
import { ChunkPool } from '../../exporters/prometheus/chunk-pool.ts'
import { Exposition } from '../../exporters/prometheus/exposition.ts'
import { Scrapes } from '../../exporters/prometheus/scrapes.ts'
import { defaults } from '../../exporters/prometheus/test-exporter.ts'
import { startServer, type RunningServer } from '#src/http/server.ts'
import { testContext } from '#src/testing/context.ts'

const count = 100_000
const scrapers = 100
const batch = batchOf(
  Array.from(
    { length: count },
    (_, index) => [series('x', { n: `${index}`, pad: 'x'.repeat(60) }), index] as const,
  ),
)

/** The bytes of an answer: a line of TYPE, and one for each series. */
const whole = Array.from({ length: count }, (_, index) => lineOf(index).length).reduce(
  (sum, each) => sum + each,
  15,
)

function lineOf(index: number): string {
  return `x{n="${index}",pad="${'x'.repeat(60)}"} ${index}\n`
}

const servers: RunningServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => await server.close()))
})

/** A server of 100,000 series that counts how often they are written. */
async function serve(maxScrapes: number): Promise<{ url: string; written: () => number }> {
  const context = testContext()
  const exposition = new Exposition(defaults, context)
  exposition.take(batch)
  const pool = new ChunkPool()
  let written = 0
  const scrapes = new Scrapes({
    path: '/metrics',
    openMetrics: false,
    maxScrapes,
    write: (representation) => {
      written++
      return exposition.write(representation, pool)
    },
    pool,
    clock: context.clock,
  })
  const server = await startServer({
    endpoint: '127.0.0.1:0',
    name: 'test',
    logger: context.logger,
    handler: async (request, response) => await scrapes.answer(request, response),
  })
  servers.push(server)
  return { url: `${server.url}/metrics`, written: () => written }
}

async function ask(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
  return response
}

async function size(response: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return bytes
}

test(
  '66: a hundred scrapers of 100,000 series share one text, and each gets all of it',
  { timeout: 120_000 },
  async () => {
    const { url, written } = await serve(scrapers)
    const before = process.memoryUsage().external
    const answers = await Promise.all(Array.from({ length: scrapers }, async () => await ask(url)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200))
    // All have their first bytes; a text for each would be 900 MB by the time that they have read it.
    const held = process.memoryUsage().external - before
    expect(await Promise.all(answers.map(size))).toEqual(answers.map(() => whole))
    expect(written()).toBe(1)
    expect(held).toBeLessThan(100 * 1024 * 1024)
  },
)

test('66: more scrapes than there may be are answered with 503 and when to come again', async () => {
  const { url, written } = await serve(10)
  const answers = await Promise.all(Array.from({ length: scrapers }, async () => await ask(url)))
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  expect(refused).toHaveLength(scrapers - 10)
  expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['1']))
  const served = answers.filter(({ statusCode }) => statusCode === 200)
  expect(await Promise.all(served.map(size))).toEqual(served.map(() => whole))
  for (const answer of refused) answer.resume()
  expect(written()).toBe(1)
  expect(await size(await ask(url))).toBe(whole)
})
