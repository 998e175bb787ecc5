import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { internedSets } from '#src/model/attribute-set.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { intervalMs, jobOf, ownValues, TestReceiver, valuesOf } from './test-receiver.ts'

let target: FakeTarget
let running: TestReceiver | undefined

beforeEach(async () => {
  target = await FakeTarget.start('a{x="1"} 1\nb 2\n')
})

afterEach(async () => {
  running?.stop()
  running = undefined
  await target.close()
})

/** Starts a receiver with one job of one target; more options of the job in YAML. */
async function start(job = '', outer = ''): Promise<TestReceiver> {
  running = await TestReceiver.start(jobOf([target.address], job, outer))
  return running
}

describe('a target', () => {
  test('is scraped, and its series bear its labels and the time at which it was to be scraped', async () => {
    const receiver = await start()
    const samples = await receiver.cycle()
    expect(valuesOf(samples)).toEqual({
      'a{x=1}': 1,
      b: 2,
      up: 1,
      scrape_duration_seconds: expect.any(Number),
      scrape_samples_scraped: 2,
      scrape_samples_post_metric_relabeling: 2,
      scrape_series_added: 2,
    })
    for (const { attributes, time } of samples) {
      expect(attributes).toMatchObject({ job: 'j', instance: target.address })
      expect(time % intervalMs).toBe(0)
    }
    expect(target.requests[0]).toMatchObject({
      url: '/metrics',
      headers: {
        accept: expect.stringContaining(
          'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6',
        ),
        'accept-encoding': 'zstd, gzip',
        'user-agent': expect.stringMatching(/^weir\//),
        'x-prometheus-scrape-timeout-seconds': '10',
      },
    })
  })

  test('whose series vanish ends them with stale markers', async () => {
    const receiver = await start()
    await receiver.cycle()
    target.body = 'b 3\nc 4\n'
    expect(valuesOf(await receiver.cycle())).toMatchObject({
      'a{x=1}': 'stale',
      b: 3,
      c: 4,
      scrape_series_added: 1,
    })
    expect(valuesOf(await receiver.cycle())).not.toHaveProperty('a{x=1}')
  })

  test('that cannot be scraped ends all its series but those that say so', async () => {
    const receiver = await start()
    await receiver.cycle()
    target.status = 500
    const failed = valuesOf(await receiver.cycle())
    expect(failed).toMatchObject({ 'a{x=1}': 'stale', b: 'stale' })
    expect(ownValues(failed)).toEqual([0, 0, 0, 0])
    expect(receiver.target).toMatchObject({
      health: 'down',
      error: 'the target answered with HTTP status 500 Internal Server Error',
    })
    expect(valuesOf(await receiver.cycle())).not.toHaveProperty('b')
    target.status = 200
    const again = valuesOf(await receiver.cycle())
    expect(again).toMatchObject({ 'a{x=1}': 1, b: 2 })
    expect(ownValues(again)).toEqual([1, 2, 2, 0])
    expect(receiver.context.logger.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'a target cannot be scraped'],
      ['info', 'a target can be scraped again'],
    ])
    expect(receiver.context.collections.of(`j/${target.address}`)).toMatchObject({
      collections: 4,
      errors: new Map([['http_status', 2]]),
    })
    expect(new Set(receiver.context.next.batches.map(({ layout }) => layout)).size).toBe(1)
  })

  test('that cannot be scraped has no series that live but those that say so', async () => {
    const receiver = await start()
    await receiver.cycle()
    target.status = 500
    await receiver.cycle()
    expect(receiver.context.collections.of(`j/${target.address}`).series).toBe(5)
  })

  test('that ends its body too early fails as a whole', async () => {
    const receiver = await start()
    await receiver.cycle()
    target.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
      response.write('a{x="1"} 5\nz 1\n', () => response.destroy())
    }
    const failed = valuesOf(await receiver.cycle())
    expect(failed).toMatchObject({ 'a{x=1}': 'stale', b: 'stale' })
    expect(failed).not.toHaveProperty('z')
    expect(ownValues(failed)).toEqual([0, 0, 0, 0])
  })

  test('with a malformed line fails as a whole, with the place of the line', async () => {
    const receiver = await start()
    target.body = 'a 1\nb two\n'
    const failed = valuesOf(await receiver.cycle())
    expect(Object.keys(failed)).toHaveLength(5)
    expect(ownValues(failed)).toEqual([0, 1, 1, 1])
    expect(receiver.target.error).toMatch(/^line 2, column 3: /)
    expect(receiver.context.ledger.dropped.get('malformed_exposition')).toBe(1)
  })

  test('that never answers fails at its timeout, and no sooner', async () => {
    const receiver = await start('scrape_timeout: 5s')
    target.handler = () => undefined
    const { clock, next } = receiver.context
    await receiver.tick()
    await expect.poll(() => target.requests.length).toBe(1)
    await clock.advance(4999)
    expect(next.batches).toEqual([])
    await clock.advance(1)
    await expect.poll(() => ownValues(valuesOf(next.samples))).toEqual([0, 0, 0, 0])
    expect(receiver.target.error).toContain('timed out after 5 s')
  })

  test('leaves nothing behind when the receiver stops, also in the midst of a scrape', async () => {
    const before = internedSets()
    const receiver = await start()
    await receiver.cycle()
    target.handler = () => undefined
    await receiver.tick()
    await expect.poll(() => target.requests.length).toBe(2)
    const { clock, next } = receiver.context
    next.take()
    receiver.stop()
    await expect.poll(() => clock.waiting).toBe(0)
    expect([next.samples, internedSets()]).toEqual([[], before])
  })
})

describe('a limit', () => {
  test.each([
    ['sample_limit: 1', 'a 1\nb 1\nc 1\n', [0, 3, 3, 1], 'sample limit exceeded'],
    [
      'label_limit: 3',
      'a 1\nb{x="1"} 1\n',
      [0, 1, 1, 1],
      'label limit exceeded: b has 4 labels, expected at most 3',
    ],
    [
      'label_name_length_limit: 8',
      'a 1\nb{ninechars="1"} 1\n',
      [0, 1, 1, 1],
      'the name of the label ninechars of b has 9 bytes, expected at most 8',
    ],
    [
      'label_value_length_limit: 25',
      `a 1\nb{x="${'é'.repeat(13)}"} 1\n`,
      [0, 1, 1, 1],
      'the value of the label x of b has 26 bytes, expected at most 25',
    ],
    ['body_size_limit: 8B', 'a 1\nb 1\n', [0, 0, 0, 0], 'body size limit exceeded'],
  ])('%s fails the scrape as a whole', async (limit, body, own, error) => {
    const receiver = await start(limit)
    target.body = 'a 1\n'
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, up: 1 })
    target.body = body
    const failed = valuesOf(await receiver.cycle())
    expect(failed).toMatchObject({ a: 'stale' })
    expect(receiver.target.error).toContain(error)
    // The first series is not new in this cycle.
    expect(ownValues(failed)).toEqual(own.map((value, index) => (index === 3 && value === 1 ? 0 : value)))
  })

  test('of samples counts those of the first scrape as Prometheus does', async () => {
    const receiver = await start('sample_limit: 1')
    target.body = 'a 1\nb 1\nc 1\n'
    expect(ownValues(valuesOf(await receiver.cycle()))).toEqual([0, 3, 3, 1])
  })

  test('of targets fails all of them', async () => {
    running = await TestReceiver.start(jobOf([target.address, 'other:1'], 'target_limit: 1'))
    const samples = await running.cycle()
    expect(samples.filter(({ name }) => name === 'up').map(({ value }) => value)).toEqual([0, 0])
    expect(running.target.error).toBe('target limit exceeded: the job has 2 targets, expected at most 1')
    expect(target.requests).toEqual([])
  })
})

describe('extra_scrape_metrics', () => {
  test('tell timeout, limit and size', async () => {
    const receiver = await start('extra_scrape_metrics: true\nsample_limit: 7\nbody_size_limit: 100B')
    expect(valuesOf(await receiver.cycle())).toMatchObject({
      scrape_timeout_seconds: 10,
      scrape_sample_limit: 7,
      scrape_body_size_bytes: 15,
    })
    target.body = 'a 1\n'.repeat(100)
    expect(valuesOf(await receiver.cycle())).toMatchObject({ up: 0, scrape_body_size_bytes: -1 })
    target.status = 404
    expect(valuesOf(await receiver.cycle())).toMatchObject({ up: 0, scrape_body_size_bytes: 0 })
  })
})

describe('labels', () => {
  test('of a target win, or those that it exposes', async () => {
    target.body = 'a{job="x",instance="y"} 1\n'
    const receiver = await start()
    const [first] = (await receiver.cycle()).filter(({ name }) => name === 'a')
    expect(first?.attributes).toEqual({
      job: 'j',
      instance: target.address,
      exported_job: 'x',
      exported_instance: 'y',
    })
    receiver.stop()
    const honoring = await start('honor_labels: true')
    const samples = await honoring.cycle()
    expect(samples.find(({ name }) => name === 'a')?.attributes).toEqual({ job: 'x', instance: 'y' })
    expect(samples.find(({ name }) => name === 'up')?.attributes).toMatchObject({ job: 'j' })
  })

  test('of all jobs are added where there are none of that name', async () => {
    target.body = 'a 1\nb{cluster="own"} 1\n'
    running = await TestReceiver.start(
      jobOf([target.address]).replace(
        '  scrape_configs:',
        '  global: { external_labels: { cluster: c } }\n  scrape_configs:',
      ),
    )
    const samples = await running.cycle()
    const clusters = samples.map(({ name, attributes }) => [name, attributes['cluster']])
    expect(Object.fromEntries(clusters)).toMatchObject({ a: 'c', b: 'own', up: 'c' })
  })
})

describe('metric_relabel_configs', () => {
  test('change and drop series, but for those that tell of scrapes; what is dropped is counted', async () => {
    const receiver = await start(`metric_relabel_configs:
  - { action: drop, source_labels: [__name__], regex: b|up }
  - { source_labels: [__name__], target_label: __name__, replacement: 'my_$1' }
  - { target_label: __tmp, replacement: x }
  - { action: labeldrop, regex: x }`)
    const values = valuesOf(await receiver.cycle())
    expect(values).toMatchObject({ my_a: 1, up: 1 })
    expect(ownValues(values)).toEqual([1, 2, 1, 1])
    expect(Object.keys(values)).toHaveLength(6)
    expect(receiver.context.ledger.dropped.get('relabel_dropped')).toBe(1)
  })

  test('are not counted as the reason why lines of start times are no samples', async () => {
    target.contentType = 'application/openmetrics-text; version=1.0.0'
    target.body = '# TYPE a counter\na_total 1\na_created 1600000000\n# EOF\n'
    const receiver = await start()
    expect(ownValues(valuesOf(await receiver.cycle()))).toEqual([1, 2, 1, 1])
    expect(receiver.context.next.batches[0]?.startTimeAt(5)).toBe(1_600_000_000_000)
    expect([...receiver.context.ledger.dropped]).toEqual([])
  })

  test('that leave a series without a name fail the scrape', async () => {
    const receiver = await start("metric_relabel_configs: [{ target_label: __name__, replacement: '' }]")
    expect(valuesOf(await receiver.cycle())).toMatchObject({ up: 0 })
    expect(receiver.target.error).toContain('metric relabeling leaves a series without a name')
  })

  test('that make two series one keep the first; the other is counted', async () => {
    const receiver = await start(
      'metric_relabel_configs: [{ target_label: __name__, replacement: same }, { action: labeldrop, regex: x }]',
    )
    expect(valuesOf(await receiver.cycle())).toMatchObject({ same: 1, up: 1 })
    expect(receiver.context.ledger.dropped.get('duplicate_series')).toBe(1)
  })
})

describe('names', () => {
  test('may be any text, or with the legacy scheme only classic ones', async () => {
    target.body = '{"my.metric"} 1\n'
    const receiver = await start()
    expect(valuesOf(await receiver.cycle())).toMatchObject({ 'my.metric': 1 })
    receiver.stop()
    const legacy = await start('metric_name_validation_scheme: legacy')
    expect(valuesOf(await legacy.cycle())).toMatchObject({ up: 0 })
    expect(legacy.target.error).toContain('"my.metric" is no name of a metric')
    expect(target.requests.at(-1)?.headers.accept).toContain('escaping=underscores')
  })
})

describe('times', () => {
  test('that lines bear are those of samples, and their series get no stale markers', async () => {
    target.body = 'a 1 1600000000000\nb 2\n'
    const receiver = await start()
    const samples = await receiver.cycle()
    expect(samples.find(({ name }) => name === 'a')?.time).toBe(1_600_000_000_000)
    target.body = ''
    const values = valuesOf(await receiver.cycle())
    expect(values).toMatchObject({ b: 'stale' })
    expect(values).not.toHaveProperty('a')
  })

  test('that lines bear are left out with honor_timestamps: false', async () => {
    target.body = 'a 1 1600000000000\n'
    const receiver = await start('honor_timestamps: false')
    const samples = await receiver.cycle()
    expect(samples.find(({ name }) => name === 'a')?.time).toBe(receiver.context.clock.now())
    target.body = ''
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 'stale' })
  })

  test('that lines bear are no hindrance to stale markers with track_timestamps_staleness: true', async () => {
    target.body = 'a 1 1600000000000\n'
    const receiver = await start('track_timestamps_staleness: true')
    await receiver.cycle()
    target.body = ''
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 'stale' })
  })
})

describe('the content type', () => {
  test.each([undefined, 'text/html', 'nonsense'])(
    '%s is taken for text, as in the Collector',
    async (type) => {
      target.contentType = type
      const receiver = await start()
      expect(valuesOf(await receiver.cycle())).toMatchObject({ 'a{x=1}': 1, up: 1 })
    },
  )

  test('is taken for what fallback_scrape_protocol says', async () => {
    target.contentType = undefined
    target.body = 'a 1\n# EOF\n'
    const receiver = await start('fallback_scrape_protocol: OpenMetricsText1.0.0')
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, up: 1 })
    target.body = 'a 1\n'
    expect(valuesOf(await receiver.cycle())).toMatchObject({ up: 0 })
  })
})

function withInfo(version: string): string {
  return `# TYPE a gauge\na 1\n# TYPE target info\ntarget_info{version="${version}"} 1\n# EOF\n`
}

describe('target_info', () => {
  test('is in the resource of all series from the first scrape on, and when it changes', async () => {
    target.contentType = 'application/openmetrics-text; version=1.0.0'
    target.body = withInfo('1')
    const receiver = await start()
    const resources = (): unknown[] =>
      (receiver.context.next.batches.at(-1)?.layout.series ?? []).map((series) =>
        Object.fromEntries(series?.resource.attributes ?? []),
      )
    await receiver.cycle()
    const resource = {
      job: 'j',
      instance: target.address,
      'server.address': '127.0.0.1',
      'server.port': String(target.port),
      'url.scheme': 'http',
      version: '1',
    }
    expect(resources()).toEqual(Array.from({ length: 7 }, () => resource))
    target.body = withInfo('2')
    expect(valuesOf(await receiver.cycle())).toMatchObject({
      'target_info{version=1}': 'stale',
      'target_info{version=2}': 1,
    })
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 1, up: 1 })
    expect(resources()).toEqual(Array.from({ length: 7 }, () => ({ ...resource, version: '2' })))
    target.status = 500
    expect(valuesOf(await receiver.cycle())).toMatchObject({ a: 'stale', up: 0 })
  })
})

describe('stale markers', () => {
  test('are left out where they are not wanted', async () => {
    const receiver = await start('no_stale_markers: true')
    await receiver.cycle()
    target.body = 'b 2\n'
    expect(valuesOf(await receiver.cycle())).not.toHaveProperty('a{x=1}')
    target.status = 500
    expect(valuesOf(await receiver.cycle())).not.toHaveProperty('b')
  })

  test('end all series at a stop where that is wanted, and else none', async () => {
    for (const wanted of [true, false]) {
      const receiver = await start('', `stale_on_shutdown: ${wanted}`)
      await receiver.cycle()
      receiver.context.next.take()
      receiver.stop()
      const expected = wanted ? ['stale', 'stale', 'stale', 'stale', 'stale', 'stale', 'stale'] : []
      expect(receiver.context.next.samples.map(({ value }) => value)).toEqual(expected)
    }
  })

  test('of a cycle that was refused come with the next one, at their own time', async () => {
    const receiver = await start()
    await receiver.cycle()
    const { next, clock } = receiver.context
    next.accepting = false
    target.body = 'b 2\n'
    expect(await receiver.cycle()).toEqual([])
    const refusedAt = clock.now()
    target.body = 'a{x="1"} 7\nb 2\n'
    expect(await receiver.cycle()).toEqual([])
    next.accepting = true
    target.body = 'a{x="1"} 8\n'
    const samples = await receiver.cycle()
    const ofA = samples.filter(({ name }) => name === 'a').map(({ value, time }) => [value, time])
    expect(ofA).toEqual([
      ['stale', refusedAt],
      [8, clock.now()],
    ])
    expect(valuesOf(samples)).toMatchObject({ b: 'stale' })
  })

  test('of a failure that was refused come with the next one too', async () => {
    const receiver = await start()
    await receiver.cycle()
    const { next, clock } = receiver.context
    next.accepting = false
    target.status = 500
    await receiver.cycle()
    const refusedAt = clock.now()
    next.accepting = true
    const samples = await receiver.cycle()
    expect(samples.filter(({ value }) => value === 'stale').map(({ name, time }) => [name, time])).toEqual([
      ['a', refusedAt],
      ['b', refusedAt],
    ])
    expect(valuesOf(await receiver.cycle())).not.toHaveProperty('a{x=1}')
  })
})

describe('a process that was suspended', () => {
  test('scrapes each target at its next time, and counts what it missed', async () => {
    const receiver = await start()
    await receiver.cycle()
    const { clock } = receiver.context
    clock.skip(4 * intervalMs + 9000)
    await clock.advance(0)
    expect([target.requests.length, receiver.target.missed]).toEqual([1, 4])
    expect(receiver.context.collections.of(`j/${target.address}`).missed).toBe(4)
    const [sample] = await receiver.cycle()
    expect([target.requests.length, (sample?.time ?? 0) % intervalMs]).toEqual([2, 0])
  })

  test('that was only late scrapes at once', async () => {
    const receiver = await start()
    await receiver.cycle()
    const { clock, next } = receiver.context
    next.take()
    clock.skip(intervalMs + 3000)
    await clock.advance(0)
    await expect.poll(() => target.requests.length).toBe(2)
    await expect.poll(() => next.samples.length).toBeGreaterThan(0)
    expect(receiver.target.missed).toBe(0)
    expect(next.samples[0]?.time).toBe(clock.now())
  })
})

test('a defect behind the receiver costs a cycle, and is told', async () => {
  const receiver = await start()
  const { next, logger } = receiver.context
  const consume = next.consume.bind(next)
  next.consume = () => {
    throw new Error('broken')
  }
  await receiver.cycle()
  await expect
    .poll(() => logger.lines.map(({ level, message }) => [level, message]))
    .toEqual([['error', 'scraping has a defect']])
  next.consume = consume
  expect(valuesOf(await receiver.cycle())).toMatchObject({ b: 2, up: 1 })
})

test('relabeling of its targets and their series can be looked at', async () => {
  const receiver = await start('metric_relabel_configs: [{ action: labeldrop, regex: x }]')
  const { targets } = receiver.receiver
  expect((await targets.traceTarget('j', [['__address__', 'a:1']]))?.output).toEqual([
    ['instance', 'a:1'],
    ['job', 'j'],
  ])
  const exposed = [
    ['__name__', 'a'],
    ['x', '1'],
  ] as const
  expect((await targets.traceSeries(receiver.target.id, exposed))?.output).toEqual([
    ['__name__', 'a'],
    ['instance', target.address],
    ['job', 'j'],
  ])
  expect([targets.traceTarget('k', []), targets.traceSeries('k', [])]).toEqual([undefined, undefined])
})

test('a client is configured as Prometheus has it', async () => {
  const receiver = await start(`basic_auth: { username: u, password: canary }
params: { module: [http], token: [canary] }
metrics_path: /probe
enable_compression: false
http_headers: { X-Own: { values: [v] } }`)
  await receiver.cycle()
  expect(target.requests[0]).toMatchObject({
    url: '/probe?module=http&token=canary',
    headers: { authorization: 'Basic dTpjYW5hcnk=', 'x-own': 'v', 'accept-encoding': 'identity' },
  })
  const shown = JSON.stringify([...receiver.receiver.targets.active()])
  expect(shown).toContain('module=http')
  expect(shown).not.toContain('canary')
})
