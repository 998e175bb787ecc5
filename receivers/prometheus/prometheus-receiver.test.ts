import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OptionsText } from '#src/config/options-text.ts'
import { internedCounts } from '#src/model/attribute-set.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { Config } from './config.ts'
import definition from './index.ts'
import { PrometheusReceiver } from './prometheus-receiver.ts'

const interval = 15_000

let context: TestContext
let receiver: PrometheusReceiver | undefined
let target: FakeTarget

beforeEach(async () => {
  context = testContext('prometheus')
  target = await FakeTarget.start('a{x="1"} 1\nb 2\n')
})

afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await target.close()
})

/** Starts a receiver with one job of one target; more options in YAML. */
async function start(job = '', outer = ''): Promise<void> {
  const text = new OptionsText(
    'test',
    `config:
  scrape_configs:
    - job_name: j
      scrape_interval: 15s
      static_configs: [{ targets: ['${target.address}'], labels: { zone: z } }]
${job.replaceAll(/^/gm, '      ')}
${outer}`,
    Config,
  )
  expect(text.findings.map((finding) => finding.text)).toEqual([])
  if (text.options === undefined) return
  definition.validate?.(text.options)
  receiver = new PrometheusReceiver(text.options, context)
  receiver.start()
  await context.clock.advance(0)
}

/** Lets one interval pass, and waits for what the scrapes in it emitted. */
async function cycle(): Promise<Sample[]> {
  const before = context.next.batches.length
  await context.clock.advance(interval)
  await expect.poll(() => context.next.batches.length, { timeout: 5000, interval: 2 }).toBeGreaterThan(before)
  return context.next.batches.slice(before).flatMap(samplesOf)
}

function values(samples: readonly Sample[]): Record<string, number | 'stale'> {
  return Object.fromEntries(samples.map(({ name, value }) => [name, value]))
}

const own = {
  up: 1,
  scrape_duration_seconds: expect.any(Number),
  scrape_samples_scraped: 2,
  scrape_samples_post_metric_relabeling: 2,
  scrape_series_added: 2,
}

describe('a target', () => {
  test('is scraped, and its series bear its labels', async () => {
    await start()
    const samples = await cycle()
    expect(values(samples)).toEqual({ a: 1, b: 2, ...own })
    const labels = { job: 'j', instance: target.address, zone: 'z' }
    for (const { name, attributes } of samples)
      expect(attributes).toEqual(name === 'a' ? { ...labels, x: '1' } : labels)
    expect(target.requests[0]?.headers).toMatchObject({
      accept: expect.stringContaining(
        'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6',
      ),
      'accept-encoding': 'zstd, gzip',
      'user-agent': expect.stringMatching(/^weir\//),
      'x-prometheus-scrape-timeout-seconds': '10',
    })
  })

  test('whose series vanish ends them with stale markers', async () => {
    await start()
    await cycle()
    target.body = 'b 3\nc 4\n'
    expect(values(await cycle())).toEqual({ a: 'stale', b: 3, c: 4, ...own, scrape_series_added: 1 })
  })

  test('that cannot be scraped ends all its series but those that say so', async () => {
    await start()
    await cycle()
    target.status = 500
    const failed = await cycle()
    expect(values(failed)).toEqual({
      a: 'stale',
      b: 'stale',
      up: 0,
      scrape_duration_seconds: expect.any(Number),
      scrape_samples_scraped: 0,
      scrape_samples_post_metric_relabeling: 0,
      scrape_series_added: 0,
    })
    expect(values(await cycle())).not.toHaveProperty('a')
    target.status = 200
    expect(values(await cycle())).toMatchObject({ a: 1, b: 2, up: 1, scrape_series_added: 2 })
    expect(context.logger.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'a target cannot be scraped'],
      ['info', 'a target can be scraped again'],
    ])
  })

  test('leaves nothing behind when the receiver stops', async () => {
    const before = internedCounts()
    await start()
    await cycle()
    receiver?.stop()
    receiver = undefined
    expect(internedCounts()).toEqual(before)
    expect(context.clock.waiting).toBe(0)
  })
})
