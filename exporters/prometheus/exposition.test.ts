import { describe, expect, test } from 'vitest'
import { noAttributes } from '#src/model/attribute-set.ts'
import { Batch, staleBatch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { ChunkPool } from './chunk-pool.ts'
import type { PrometheusConfig } from './config.ts'
import { negotiate } from './representation.ts'
import { openMetricsAccept, testExposition } from './test-exporter.ts'

const counter = { kind: 'sum', monotonic: true } as const

const scope = makeScope(
  makeResource(
    Object.entries({
      'service.name': 'shop',
      'service.namespace': 'eu',
      'service.instance.id': 'i-1',
      'host.name': 'h1',
      'os.type': 'linux',
    }).flat(),
  ),
  { name: 'meter', version: '1.2' },
)

function oneRow(value: number) {
  return [[series('x', { n: '1' }), value]] as const
}

function histogramOf(source: Source, count: number): Batch {
  return batchOf([[series('x', {}, { kind: 'histogram' }), 0]], {
    source,
    points: [{ kind: 'histogram', count, sum: undefined, min: 1, max: 1, bounds: [], counts: [count] }],
  })
}

function oddNames(): Batch {
  return batchOf([
    [series('http.requests', { 'http.route': '/', plain: 'a' }, counter), 1],
    [series('größe', {}, { unit: 'By' }), 2],
  ])
}

/** The labels of a series in the resource above, which has an attribute of its own. */
async function labelsWith(config: Partial<PrometheusConfig>): Promise<string | undefined> {
  const { take, text } = testExposition({
    without_scope_info: true,
    target_info: { enabled: false },
    ...config,
  })
  take(batchOf([[series('x', { os_type: 'own' }, { scope }), 1]]))
  return /^x\{(.*)\} 1$/m.exec(await text())?.[1]
}

describe('text', () => {
  test('families are sorted by name, series by labels, and each family is described once', async () => {
    const { take, text, context } = testExposition()
    const time = { ...counter, unit: 's', description: 'Time that\na CPU \\ spent.' }
    take(
      batchOf([
        [series('b.time', { cpu: '1' }, time), 1.5],
        [series('b.time', { cpu: '0' }, time), 2],
        [series('a', {}, { unit: 'By' }), 3],
      ]),
    )
    take(batchOf([[series('b.time', { cpu: '05' }, time), 4]], { source: new Source('other', '') }))
    expect(await text()).toBe(`# TYPE a_bytes gauge
a_bytes 3
# HELP b_time_seconds_total Time that\\na CPU \\\\ spent.
# TYPE b_time_seconds_total counter
b_time_seconds_total{cpu="0"} 2
b_time_seconds_total{cpu="05"} 4
b_time_seconds_total{cpu="1"} 1.5
`)
    expect(context.ledger.delivered).toBe(4)
  })

  test('every kind has its type', async () => {
    const { take, text } = testExposition()
    take(
      batchOf([
        [series('unknown', {}, { kind: 'unknown' }), 1],
        [series('gauge'), Number.NaN],
        [series('up_down', {}, { kind: 'sum' }), -Infinity],
        [series('build_info', { version: '1' }, { kind: 'info' }), 1],
        [series('state', { state: 'on' }, { kind: 'stateset' }), 1],
      ]),
    )
    expect(await text()).toBe(`# TYPE build_info gauge
build_info{version="1"} 1
# TYPE gauge gauge
gauge NaN
# TYPE state gauge
state{state="on"} 1
# TYPE unknown untyped
unknown 1
# TYPE up_down gauge
up_down -Inf
`)
  })

  test('timestamps are in milliseconds', async () => {
    const { take, text } = testExposition({ send_timestamps: true })
    take(batchOf([[series('x'), 1]], { time: 1_700_000_000_123 }))
    expect(await text()).toContain('\nx 1 1700000000123\n')
  })

  test('an exposition of nothing is empty', async () => {
    expect(await testExposition().text()).toBe('')
  })
})

describe('hostile texts', () => {
  test('label values are escaped, names that would break the text are not', async () => {
    const { take, text } = testExposition()
    take(
      batchOf([
        [
          series('x', {
            ['__proto__']: 'a',
            constructor: 'b',
            quote: '"\\\n',
            half: '\ud800',
            ünïcode: 'é€😀',
          }),
          1,
        ],
        [series('x', { __name__: 'other', '': 'empty', '0digit': '1', _single: '2', le: '3' }), 2],
      ]),
    )
    expect(await text()).toBe(`# TYPE x gauge
x{__proto__="a",constructor="b",half="\ufffd",key_n_code="é€😀",quote="\\"\\\\\\n"} 1
x{key_="empty",key_0digit="1",key__name__="other",key_single="2",le="3"} 2
`)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('a')
  })

  test('a value of a megabyte is passed on whole', async () => {
    const { take, text } = testExposition()
    const value = 'x'.repeat(1_000_000)
    take(
      batchOf([
        [series('x', { value }), 1],
        [series('y'), 2],
      ]),
    )
    expect(await text()).toBe(`# TYPE x gauge\nx{value="${value}"} 1\n# TYPE y gauge\ny 2\n`)
  })

  test('labels that get one name have their values joined, in the order of their keys', async () => {
    const { take, text } = testExposition()
    take(batchOf([[series('x', { 'a.b': '1', 'a-b': '2', a_b: '3' }), 1]]))
    expect(await text()).toContain('x{a_b="2;1;3"} 1')
  })

  test('values that are no texts are written as the Collector writes them', async () => {
    const { take, text } = testExposition()
    take(batchOf([[series('x', { bool: true, int: 5n, double: 0.5, list: ['a', 1n], empty: '' }), 1]]))
    expect(await text()).toContain('x{bool="true",double="0.5",int="5",list="[\\"a\\",1]"} 1')
  })
})

describe('layouts', () => {
  test('series that come and go are followed, and slots that are used again', async () => {
    const { take, text, exposition } = testExposition()
    const source = new Source('test', '')
    const table = new SlotTable(source)
    const slots = ['a', 'b', 'c'].map((name) => table.add(series('x', { name })))
    const values = Float64Array.of(1, 2, 3, 4, 5)
    take(new Batch(table.commit(), { time: 1, values }))
    expect(await text()).toContain('x{name="a"} 1\nx{name="b"} 2\nx{name="c"} 3\n')
    table.remove(slots[1] ?? -1)
    table.add(series('x', { name: 'aa' }))
    take(new Batch(table.commit(), { time: 2, values }))
    expect(await text()).toContain('x{name="a"} 1\nx{name="aa"} 4\nx{name="c"} 3\n')
    table.add(series('w', {}))
    table.remove(slots[0] ?? -1)
    take(new Batch(table.commit(), { time: 3, values }))
    expect(await text()).toBe('# TYPE w gauge\nw 5\n# TYPE x gauge\nx{name="aa"} 4\nx{name="c"} 3\n')
    exposition.forget(source)
    expect(await text()).toBe('')
    table.dispose()
  })

  test('a version that was missed is no problem', async () => {
    const { take, text } = testExposition()
    const table = new SlotTable(new Source('test', ''))
    const slot = table.add(series('x', { name: 'a' }))
    take(new Batch(table.commit(), { time: 1, values: Float64Array.of(1) }))
    table.remove(slot)
    table.commit()
    table.add(series('y', {}))
    take(new Batch(table.commit(), { time: 2, values: Float64Array.of(2, 3) }))
    expect(await text()).toMatch(/^# TYPE y gauge\ny \d\n$/)
  })

  test('sparse batches are folded into what is there, and change nothing else', async () => {
    const { take, text } = testExposition()
    const layout = layoutOf([series('a'), series('b'), series('c')])
    const values = Float64Array.of(1, 2, 3)
    take(new Batch(layout, { time: 1, values, slots: Int32Array.of(1) }))
    expect(await text()).toBe('# TYPE b gauge\nb 2\n')
    take(new Batch(layout, { time: 2, values: Float64Array.of(10, 20, 30) }))
    take(new Batch(layout, { time: 3, values: Float64Array.of(7, 8, 9), slots: Int32Array.of(0, 2) }))
    expect(await text()).toBe('# TYPE a gauge\na 7\n# TYPE b gauge\nb 20\n# TYPE c gauge\nc 9\n')
  })

  test('series that are stale leave, and come back with their next sample', async () => {
    const { take, text, context } = testExposition()
    const layout = layoutOf([series('a'), series('b')])
    const dense = (value: number): Batch =>
      new Batch(layout, { time: value, values: Float64Array.of(value, value) })
    take(dense(1), staleBatch(layout, Int32Array.of(0), 2))
    expect(await text()).toBe('# TYPE b gauge\nb 1\n')
    take(staleBatch(layout, Int32Array.of(0, 1), 3))
    expect(await text()).toBe('')
    take(dense(4))
    expect(await text()).toBe('# TYPE a gauge\na 4\n# TYPE b gauge\nb 4\n')
    take(new Batch(layout, { time: 5, values: Float64Array.of(5, 5), flags: Uint8Array.of(0, 1) }))
    expect(await text()).toBe('# TYPE a gauge\na 5\n')
    take(new Batch(layout, { time: 6, values: Float64Array.of(6, 6), slots: Int32Array.of(1) }))
    expect(await text()).toBe('# TYPE a gauge\na 5\n# TYPE b gauge\nb 6\n')
    expect(context.ledger.delivered).toBe(context.ledger.accepted)
  })

  test('a scrape shows one moment of each source, whatever comes while it is written', async () => {
    const { take, exposition } = testExposition()
    const layout = layoutOf(
      Array.from({ length: 20_000 }, (_, index) => series('x', { n: `${index}`, pad: 'x'.repeat(50) })),
    )
    const slots = layout.live
    const at = (value: number): Batch =>
      new Batch(layout, { time: 1, values: new Float64Array(20_000).fill(value), slots })
    take(at(1))
    let body = ''
    for await (const chunk of exposition.write(negotiate(undefined, false), new ChunkPool())) {
      body += chunk.toString()
      take(at(2))
    }
    expect(body.match(/ 1\n/g)).toHaveLength(20_000)
    expect(body).not.toContain(' 2\n')
  })
})

describe('age', () => {
  test('what was not collected for the time of metric_expiration is not shown, and comes back', async () => {
    const { take, text, context } = testExposition({ metric_expiration: 60_000 })
    const layout = layoutOf([series('a'), series('b')])
    const values = Float64Array.of(1, 2)
    take(new Batch(layout, { time: 1, values }))
    await context.clock.advance(40_000)
    take(new Batch(layout, { time: 2, values, slots: Int32Array.of(1) }))
    await context.clock.advance(30_000)
    expect(await text()).toBe('# TYPE b gauge\nb 2\n')
    await context.clock.advance(40_000)
    expect(await text()).toBe('')
    take(new Batch(layout, { time: 3, values, slots: Int32Array.of(0) }))
    expect(await text()).toBe('# TYPE a gauge\na 1\n')
    take(new Batch(layout, { time: 4, values }))
    expect(await text()).toBe('# TYPE a gauge\na 1\n# TYPE b gauge\nb 2\n')
  })

  test('a clock that is set changes nothing', async () => {
    const { take, text, context } = testExposition()
    take(batchOf([[series('a'), 1]]))
    context.clock.setWall(context.clock.now() + 1e9)
    expect(await text()).toContain('a 1')
  })

  test('0 is for ever', async () => {
    const { take, text, context } = testExposition({ metric_expiration: 0 })
    take(batchOf([[series('a'), 1]]))
    await context.clock.advance(1e9)
    expect(await text()).toContain('a 1')
  })

  test('a type that nobody needs any more is free for others, also when nobody scrapes', async () => {
    const { take, text, context, exposition } = testExposition({ metric_expiration: 60_000 })
    exposition.start()
    const late = batchOf([[series('a', {}, { kind: 'sum' }), 2]], { source: new Source('late', '') })
    take(batchOf([[series('a', {}, counter), 1]], { source: new Source('early', '') }))
    take(batchOf([[series('a_total', {}, { kind: 'gauge' }), 2]], { source: new Source('late', '') }))
    await context.clock.advance(121_000)
    take(late)
    expect(await text()).toBe('# TYPE a gauge\na 2\n')
    await exposition.stop()
    expect(context.clock.waiting).toBe(0)
  })
})

describe('two that want one name', () => {
  const early = new Source('early', '')
  const late = new Source('late', '')

  test('the first live type keeps the family; the other is counted, and has it when the first has gone', async () => {
    const { take, text, dropped, exposition, context } = testExposition()
    take(batchOf([[series('a.b', { n: '1' }), 1]], { source: early }))
    const other = batchOf([[series('a-b', { n: '2' }, { kind: 'histogram' }), 0]], {
      source: late,
      points: [{ kind: 'histogram', count: 1, sum: 2, min: 1, max: 1, bounds: [], counts: [1] }],
    })
    take(other)
    expect(await text()).toBe('# TYPE a_b gauge\na_b{n="1"} 1\n')
    expect(dropped()).toEqual({ type_conflict: 1 })
    expect(context.logger.lines.map(({ level, fields }) => [level, fields['example']])).toEqual([
      ['warn', 'a-b'],
    ])
    exposition.forget(early)
    expect(await text()).toBe(
      '# TYPE a_b histogram\na_b_bucket{n="2",le="+Inf"} 1\na_b_sum{n="2"} 2\na_b_count{n="2"} 1\n',
    )
    take(other)
    expect(dropped()).toEqual({ type_conflict: 1 })
  })

  test('a family keeps the names of its samples', async () => {
    const { take, text, dropped, exposition } = testExposition()
    take(batchOf([[series('x_count', {}), 1]], { source: late }))
    const histogram = batchOf([[series('x', {}, { kind: 'histogram' }), 0]], {
      source: early,
      points: [{ kind: 'histogram', count: 1, sum: undefined, min: 1, max: 1, bounds: [], counts: [1] }],
    })
    take(histogram)
    expect(await text()).toBe('# TYPE x_count gauge\nx_count 1\n')
    expect(dropped()).toEqual({ type_conflict: 1 })
    exposition.forget(late)
    take(histogram, batchOf([[series('x.count', {}), 5]], { source: late }))
    expect(await text()).toBe('# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_count 1\n')
    expect(dropped()).toEqual({ type_conflict: 2 })
  })

  test('a series without a type joins any family of single lines, and takes no type from others', async () => {
    const { take, text } = testExposition()
    take(batchOf([[series('a_total', { n: '1' }, { kind: 'unknown' }), 1]], { source: early }))
    take(batchOf([[series('a', { n: '2' }, { ...counter, description: 'All.' }), 2]], { source: late }))
    expect(await text()).toBe(
      '# HELP a_total All.\n# TYPE a_total counter\na_total{n="1"} 1\na_total{n="2"} 2\n',
    )
  })

  test('of equal series of two sources the newest is shown, of equally new ones that of the smaller id', async () => {
    const { take, text, dropped, exposition, context } = testExposition()
    take(batchOf(oneRow(1), { source: late, time: 10 }))
    expect(await text()).toContain('x{n="1"} 1')
    take(batchOf(oneRow(2), { source: early, time: 10 }))
    expect(await text()).toContain('x{n="1"} 2')
    take(batchOf(oneRow(3), { source: late, time: 10 }))
    expect(await text()).toContain('x{n="1"} 2')
    expect(dropped()).toEqual({ duplicate_series: 1 })
    take(batchOf(oneRow(4), { source: late, time: 11 }))
    expect(await text()).toBe('# TYPE x gauge\nx{n="1"} 4\n')
    exposition.forget(late)
    expect(await text()).toBe('# TYPE x gauge\nx{n="1"} 2\n')
    take(batchOf(oneRow(5), { source: early, time: 12 }))
    expect(await text()).toContain('x{n="1"} 5')
    expect(dropped()).toEqual({ duplicate_series: 1 })
    expect(context.ledger.delivered).toBe(4)
    exposition.forget(early)
    expect(await text()).toBe('')
  })

  test('of equal series of one source the one in the smaller slot is shown', async () => {
    const { take, text, dropped } = testExposition()
    const batch = batchOf([
      [series('x', { 'a.b': '1' }), 1],
      [series('x', { a_b: '1' }), 2],
      [series('x', { 'a-b': '1' }), 3],
    ])
    take(batch, batch)
    expect(await text()).toBe('# TYPE x gauge\nx{a_b="1"} 1\n')
    expect(dropped()).toEqual({ duplicate_series: 4 })
  })

  test('equal histograms of two sources are one', async () => {
    const { take, text, dropped, exposition } = testExposition()
    take(histogramOf(early, 1), histogramOf(late, 2))
    expect(await text()).toBe('# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_count 1\n')
    expect(dropped()).toEqual({ duplicate_series: 1 })
    exposition.forget(early)
    expect(await text()).toBe('# TYPE x histogram\nx_bucket{le="+Inf"} 2\nx_count 2\n')
  })
})

describe('resources and scopes', () => {
  test('job and instance are labels, the rest is listed by target_info; the scope is labels', async () => {
    const { take, text, exposition } = testExposition()
    const batch = batchOf([[series('x', { a: '1' }, { scope }), 1]])
    take(batch)
    expect(await text()).toBe(`# HELP target_info Target metadata
# TYPE target_info gauge
target_info{host_name="h1",instance="i-1",job="eu/shop",os_type="linux"} 1
# TYPE x gauge
x{a="1",instance="i-1",job="eu/shop",otel_scope_name="meter",otel_scope_version="1.2"} 1
`)
    exposition.forget(batch.layout.source)
    expect(await text()).toBe('')
  })

  test('a resource without job and instance is listed with all that it has', async () => {
    const { take, text } = testExposition()
    take(batchOf([[series('x', {}, { scope: makeScope(makeResource(['host.name', 'h1'])) }), 1]]))
    expect(await text()).toContain('target_info{host_name="h1"} 1\n')
  })

  test('two resources are two lines; each goes with its last series', async () => {
    const { take, text, exposition } = testExposition()
    const sources = ['h1', 'h2', 'h3'].map((name) => {
      const source = new Source('test', name)
      take(
        batchOf([[series('x', { name }, { scope: makeScope(makeResource(['host.name', name])) }), 1]], {
          source,
        }),
      )
      return source
    })
    expect((await text()).match(/^target_info.*$/gm)).toHaveLength(3)
    for (const source of sources.slice(0, 2)) exposition.forget(source)
    expect((await text()).match(/^target_info.*$/gm)).toEqual(['target_info{host_name="h3"} 1'])
  })

  test('a target_info that was scraped as another type keeps its name until it goes', async () => {
    const { take, text, exposition } = testExposition()
    const scraped = new Source('scraped', '')
    take(batchOf([[series('target_info', {}, { kind: 'stateset' }), 5]], { source: scraped }))
    take(batchOf([[series('x', {}, { scope }), 1]]))
    expect(await text()).toContain('# TYPE target_info gauge\ntarget_info 5\n# TYPE x')
    exposition.forget(scraped)
    expect(await text()).toContain('# TYPE target_info gauge\ntarget_info{host_name="h1",')
  })

  test('both can be turned off', async () => {
    const { take, text } = testExposition({ without_scope_info: true, target_info: { enabled: false } })
    take(batchOf([[series('x', {}, { scope }), 1]]))
    expect(await text()).toBe('# TYPE x gauge\nx{instance="i-1",job="eu/shop"} 1\n')
  })

  test('attributes of the resource become labels where the options say so; the labels of the series win', async () => {
    const conversion = { enabled: true, exclude_service_attributes: false }
    expect(await labelsWith({ resource_to_telemetry_conversion: conversion })).toBe(
      'host_name="h1",instance="i-1",job="eu/shop",os_type="own",service_instance_id="i-1",service_name="shop",service_namespace="eu"',
    )
    expect(
      await labelsWith({
        resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true },
      }),
    ).toBe('host_name="h1",instance="i-1",job="eu/shop",os_type="own"')
    expect(await labelsWith({ resource_constant_labels: { included: ['host.*'], excluded: [] } })).toBe(
      'host_name="h1",instance="i-1",job="eu/shop",os_type="own"',
    )
    expect(
      await labelsWith({ resource_constant_labels: { included: [], excluded: ['service.*', 'host.????'] } }),
    ).toBe('instance="i-1",job="eu/shop",os_type="own"')
    expect(await labelsWith({ const_labels: { 'data center': 'x', os_type: 'const', job: 'const' } })).toBe(
      'data_center="x",instance="i-1",job="eu/shop",os_type="own"',
    )
  })

  test('what was scraped has its resource in its labels already', async () => {
    const { take, text } = testExposition({ namespace: 'ns', const_labels: { dc: 'x' } })
    const derived = makeScope(makeResource(['service.name', 'j', 'host.name', 'h'], { derived: true }), {
      name: 's',
    })
    const attributes = { job: 'j', instance: 'i', _odd: '1' }
    take(batchOf([[series('scraped__name', attributes, { scope: derived, unit: 's', ...counter }), 1]]))
    expect(await text()).toBe(
      '# TYPE ns_scraped__name counter\nns_scraped__name{dc="x",instance="i",job="j",key_odd="1"} 1\n',
    )
  })

  describe('of what was scraped, where its resource was edited,', () => {
    const edited = makeScope(
      makeResource(['job', 'j', 'instance', 'i', 'deployment.environment.name', 'prod'], {
        derived: true,
        edited: true,
      }),
    )
    const scraped = series('hits', { job: 'j', instance: 'i' }, { scope: edited })

    test('list it by target_info', async () => {
      const { take, text } = testExposition()
      take(batchOf([[scraped, 1]]))
      expect(await text()).toContain(
        'target_info{deployment_environment_name="prod",instance="i",job="j"} 1\n',
      )
    })

    test('bear it where attributes of the resource become labels', async () => {
      const { take, text } = testExposition({
        resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: false },
        target_info: { enabled: false },
      })
      take(batchOf([[scraped, 1]]))
      expect(await text()).toContain(
        'hits{deployment_environment_name="prod",instance="i",job="j",service_instance_id="i",service_name="j"} 1',
      )
    })
  })
})

describe('names', () => {
  test.each([
    ['UnderscoreEscapingWithSuffixes', 'gr_e_bytes 2', 'http_requests_total{http_route="/",plain="a"} 1'],
    ['UnderscoreEscapingWithoutSuffixes', 'gr_e 2', 'http_requests{http_route="/",plain="a"} 1'],
    [
      'NoUTF8EscapingWithSuffixes',
      '{"größe_bytes"} 2',
      '{"http.requests_total","http.route"="/",plain="a"} 1',
    ],
    ['NoTranslation', '{"größe"} 2', '{"http.requests","http.route"="/",plain="a"} 1'],
  ] as const)('%s', async (strategy, size, requests) => {
    const { take, text } = testExposition({ translation_strategy: strategy })
    take(oddNames())
    const lines = (await text('text/plain;version=1.0.0;escaping=allow-utf-8')).split('\n')
    expect(lines).toEqual(expect.arrayContaining([size, requests]))
  })

  test('add_metric_suffixes counts where no strategy is given', async () => {
    const { take, text } = testExposition({ add_metric_suffixes: false })
    take(oddNames())
    expect(await text()).toContain('http_requests{')
  })

  test.each([
    ['text/plain', 'http_requests_total{http_route="/",plain="a"} 1', 'gr__e_bytes 2'],
    [
      'text/plain;escaping=dots',
      'http_dot_requests__total{http_dot_route="/",plain="a"} 1',
      'gr____e__bytes 2',
    ],
    [
      'text/plain;escaping=values',
      'U__http_2e_requests__total{U__http_2e_route="/",plain="a"} 1',
      'U__gr_f6__df_e__bytes 2',
    ],
  ])('a client that asks for %s gets names that it can read', async (accept, ...wanted) => {
    const { take, text, exposition } = testExposition({ translation_strategy: 'NoUTF8EscapingWithSuffixes' })
    const batch = oddNames()
    take(batch)
    const lines = (await text(accept)).split('\n')
    expect(lines).toEqual(expect.arrayContaining(wanted))
    exposition.forget(batch.layout.source)
    expect(await text(accept)).toBe('')
  })

  test('metadata has the name as the samples have it', async () => {
    const { take, text } = testExposition({ translation_strategy: 'NoTranslation' })
    take(
      batchOf([[series('a.b', {}, { kind: 'histogram', description: 'Help.' }), 0]], {
        points: [{ kind: 'histogram', count: 1, sum: 2, min: 1, max: 1, bounds: [1], counts: [1, 0] }],
      }),
    )
    expect(await text('text/plain;escaping=allow-utf-8')).toBe(`# HELP "a.b" Help.
# TYPE "a.b" histogram
{"a.b_bucket",le="1"} 1
{"a.b_bucket",le="+Inf"} 1
{"a.b_sum"} 2
{"a.b_count"} 1
`)
  })

  test('names that collide in one scheme collide in that alone', async () => {
    const { take, text, dropped } = testExposition({ translation_strategy: 'NoTranslation' })
    take(
      batchOf([
        [series('a.b', {}), 1],
        [series('a_b', {}), 2],
      ]),
    )
    expect(await text('text/plain')).toBe('# TYPE a_b gauge\na_b 1\n')
    expect(await text('text/plain;escaping=allow-utf-8')).toContain('{"a.b"} 1\n')
    expect(dropped()).toEqual({})
  })

  test('indexes of schemes that nobody asks for any more are given up', async () => {
    const { take, text, context } = testExposition({
      translation_strategy: 'NoTranslation',
      metric_expiration: 0,
    })
    take(batchOf([[series('a.b', {}), 1]]))
    expect(await text('text/plain')).toContain('a_b 1')
    await context.clock.advance(601_000)
    expect(await text('text/plain;escaping=allow-utf-8')).toContain('{"a.b"} 1')
    expect(await text('text/plain')).toContain('a_b 1')
  })
})

describe('OpenMetrics', () => {
  test('counters, infos, units and help have their form', async () => {
    const { take, text } = testExposition()
    take(
      batchOf([
        [series('req', { a: '1' }, { ...counter, unit: 's', description: 'A "quoted" \\ help.\n' }), 1],
        [series('build_info', { v: '1' }, { kind: 'info' }), 1],
        [series('odd', {}, { kind: 'info' }), 1],
        [series('state', { state: 'on' }, { kind: 'stateset' }), 1],
        [series('what', {}, { kind: 'unknown' }), 1],
      ]),
    )
    expect(await text(openMetricsAccept)).toBe(`# TYPE build info
build_info{v="1"} 1
# TYPE odd gauge
odd 1
# TYPE req_seconds counter
# UNIT req_seconds seconds
# HELP req_seconds A \\"quoted\\" \\\\ help.\\n
req_seconds_total{a="1"} 1
# TYPE state stateset
state{state="on"} 1
# TYPE what unknown
what 1
# EOF
`)
  })

  test('a counter without _total is unknown under its own name, and so is one whose family is taken', async () => {
    const { take, text } = testExposition({ add_metric_suffixes: false })
    take(
      batchOf([
        [series('plain', {}, counter), 1],
        [series('x_total', {}, counter), 2],
        [series('x', {}), 3],
      ]),
    )
    expect(await text(openMetricsAccept)).toBe(
      '# TYPE plain unknown\nplain 1\n# TYPE x gauge\nx 3\n# TYPE x_total unknown\nx_total 2\n# EOF\n',
    )
  })

  test('timestamps are in seconds', async () => {
    const { take, text } = testExposition({ send_timestamps: true })
    take(batchOf([[series('x'), 1]], { time: 1_700_000_000_123 }))
    expect(await text(openMetricsAccept)).toContain('\nx 1 1700000000.123\n')
  })

  test('an exposition of nothing is its end', async () => {
    expect(await testExposition().text(openMetricsAccept)).toBe('# EOF\n')
  })

  test('a line may have all there is: value, time, exemplar and start', async () => {
    const { take, text } = testExposition({ created_samples: true, send_timestamps: true })
    const exemplars = [{ slot: 0, value: 1, time: 500, attributes: noAttributes }]
    take(batchOf([[series('c', {}, { ...counter, scope }), 1]], { time: 2500, startTime: 1000, exemplars }))
    const lines = (await text(openMetricsAccept)).split('\n').map((line) => line.replace(/\{[^}]+\} /, ' '))
    expect(lines.slice(0, -1)).toEqual([
      '# TYPE c counter',
      'c_total 1 2.5 # {} 1 0.5',
      'c_created 1 2.5',
      '# TYPE target info',
      '# HELP target Target metadata',
      'target_info 1',
      '# EOF',
    ])
  })

  test('start times are shown where that is asked for', async () => {
    const { take, text } = testExposition({ created_samples: true })
    take(
      batchOf(
        [
          [series('c', { a: '1' }, counter), 1],
          [series('g'), 2],
        ],
        { startTime: 1_600_000_000_500 },
      ),
      batchOf([[series('s', { a: '1' }, { kind: 'summary' }), 0]], {
        source: new Source('other', ''),
        startTime: 1000,
        points: [{ kind: 'summary', count: 1, sum: 2, quantiles: [{ quantile: 1, value: 3 }] }],
      }),
    )
    expect(await text(openMetricsAccept)).toBe(`# TYPE c counter
c_total{a="1"} 1
c_created{a="1"} 1600000000.5
# TYPE g gauge
g 2
# TYPE s summary
s{a="1",quantile="1.0"} 3
s_sum{a="1"} 2
s_count{a="1"} 1
s_created{a="1"} 1
# EOF
`)
    expect(await text()).not.toContain('_created')
  })
})
