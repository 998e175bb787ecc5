import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { testContext } from '#src/testing/context.ts'
import { churn, seriesProcessor, stageOf } from '#src/testing/series-processor.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { FilterConfig, MetricsConfig, SelectionConfig } from './config.ts'
import filter from './index.ts'

const nothing = { metric_names: [], attributes: [], resource_attributes: [] }

function selection(
  matchType: SelectionConfig['match_type'],
  lists: Partial<SelectionConfig>,
): SelectionConfig {
  return { ...nothing, match_type: matchType, ...lists }
}

/** The processor as the engine makes it, with what it logged. */
function made(config: FilterConfig) {
  const context = testContext('filter')
  filter.validate?.(config)
  const processor = seriesProcessor(filter.create(config, context))
  return { processor, context, keeps: (each: Series) => processor.mapSeries(each) === each }
}

/** The names that are kept. */
function kept(metrics: MetricsConfig, names: readonly string[]): string[] {
  const { keeps } = made({ metrics })
  return names.filter((name) => keeps(series(name)))
}

function mistakes(config: FilterConfig): string[] {
  try {
    made(config)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

function host(name: string) {
  return makeScope(makeResource(['host.name', name]))
}

const names = ['go_gc', 'go_threads', 'up', 'process_go']

describe('by name', () => {
  test('include keeps what it lists', () => {
    expect(kept({ include: selection('strict', { metric_names: ['up', 'go_gc'] }) }, names)).toEqual([
      'go_gc',
      'up',
    ])
    expect(kept({ include: selection('regexp', { metric_names: ['^go_'] }) }, names)).toEqual([
      'go_gc',
      'go_threads',
    ])
  })

  test('exclude drops what it lists', () => {
    expect(kept({ exclude: selection('strict', { metric_names: ['up'] }) }, names)).toEqual([
      'go_gc',
      'go_threads',
      'process_go',
    ])
    expect(kept({ exclude: selection('regexp', { metric_names: ['go'] }) }, names)).toEqual(['up'])
  })

  test('exclude wins over include', () => {
    const metrics = {
      include: selection('regexp', { metric_names: ['go_.*'] }),
      exclude: selection('strict', { metric_names: ['go_gc'] }),
    }
    expect(kept(metrics, names)).toEqual(['go_threads'])
  })

  test('a histogram goes as a whole, by its own name', () => {
    const { keeps } = made({ metrics: { exclude: selection('strict', { metric_names: ['latency'] }) } })
    const parts = (['bucket', 'sum', 'count'] as const).map((role) =>
      series('latency', {}, { kind: 'histogram', role }),
    )
    expect(parts.filter(keeps)).toEqual([])
    const byPart = made({ metrics: { exclude: selection('strict', { metric_names: ['latency_bucket'] }) } })
    expect(parts.filter(byPart.keeps)).toEqual(parts)
  })
})

describe('by attribute and resource', () => {
  const idle = series('cpu', { state: 'idle' }, { scope: host('a') })
  const user = series('cpu', { state: 'user' }, { scope: host('a') })
  const other = series('cpu', { state: 'user' }, { scope: host('b') })
  const memory = series('memory', { state: 'idle' }, { scope: host('a') })
  const all = [idle, user, other, memory]

  test('include takes what matches in every respect', () => {
    const { keeps } = made({
      metrics: {
        include: selection('strict', {
          metric_names: ['cpu'],
          attributes: [{ key: 'state', value: 'user' }],
          resource_attributes: [{ key: 'host.name', value: 'a' }],
        }),
      },
    })
    expect(all.filter(keeps)).toEqual([user])
  })

  test('exclude drops the data points that are named, when name and attributes are given', () => {
    const { keeps } = made({
      metrics: {
        exclude: selection('regexp', {
          metric_names: ['^cpu$'],
          attributes: [{ key: 'state', value: 'idle' }],
        }),
      },
    })
    expect(all.filter(keeps)).toEqual([user, other, memory])
  })

  test('exclude drops all of a resource, whatever else is listed beside it: as the Collector does', () => {
    const { keeps } = made({
      metrics: {
        exclude: selection('strict', {
          metric_names: ['memory'],
          resource_attributes: [{ key: 'host.name', value: 'b' }],
        }),
      },
    })
    expect(all.filter(keeps)).toEqual([idle, user])
  })

  test('a selection that lists nothing changes nothing', () => {
    const { keeps } = made({
      metrics: { include: selection('strict', {}), exclude: selection('strict', {}) },
    })
    expect(all.filter(keeps)).toEqual(all)
  })
})

test('what is excluded is what an include of the same would keep, and the other way round', () => {
  const name = fc.constantFrom('a', 'b', 'ab', 'ba', 'abc')
  const list = fc.array(fc.constantFrom('a', 'b', '^a', 'c$', 'ab'), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(
      fc.constantFrom('strict', 'regexp'),
      list,
      fc.array(name),
      (matchType, metric_names, given) => {
        const listed = selection(matchType, { metric_names })
        const included = kept({ include: listed }, given)
        const remaining = kept({ exclude: listed }, given)
        expect([...included, ...remaining].toSorted()).toEqual(given.toSorted())
        expect(kept({ include: listed, exclude: listed }, given)).toEqual([])
      },
    ),
  )
})

describe('forms that are refused', () => {
  test.each<[FilterConfig, string]>([
    [{ metric_conditions: ['metric.name == "up"'] }, 'metric_conditions'],
    [{ metrics: { metric: ['name == "up"'] } }, 'metrics.metric'],
    [{ metrics: { datapoint: ['value_int == 0'] } }, 'metrics.datapoint'],
    [{ metrics: { resource: ['attributes["a"] == "b"'] } }, 'metrics.resource'],
  ])('OTTL: %o', (config, path) => {
    expect(mistakes(config)).toEqual([
      `${path}: OTTL conditions are not supported in this version: use metrics.include and metrics.exclude with ` +
        'match_type strict or regexp, and metric_names, attributes, resource_attributes',
    ])
  })

  test('all of them are named at once', () => {
    expect(mistakes({ metric_conditions: ['x'], metrics: { datapoint: ['y'] } })).toHaveLength(2)
  })

  test('expressions', () => {
    expect(
      mistakes({ metrics: { include: selection('expr', { expressions: ['MetricName == "up"'] }) } }),
    ).toEqual([
      expect.stringMatching(
        /^metrics\.include\.match_type: match_type expr is not supported in this version: use /,
      ),
    ])
    expect(mistakes({ metrics: { exclude: selection('strict', { expressions: ['x'] }) } })).toEqual([
      expect.stringMatching(/^metrics\.exclude\.expressions: match_type expr is not supported/),
    ])
  })

  test('lists that are there but empty are none', () => {
    expect(mistakes({ metric_conditions: [], metrics: { metric: null } })).toEqual([])
  })
})

test('a bad pattern names its place in the configuration, and those of both selections are told', () => {
  expect(
    mistakes({
      metrics: {
        include: selection('regexp', {
          metric_names: ['('],
          resource_attributes: [{ key: 'a', value: '[' }],
        }),
        exclude: selection('regexp', { attributes: [{ key: 'b', value: 1 }] }),
      },
    }).map((mistake) => mistake.split(':')[0]),
  ).toEqual([
    'metrics.include.metric_names.0',
    'metrics.include.resource_attributes.0.value',
    'metrics.exclude.attributes.0.value',
  ])
})

describe('in a pipeline', () => {
  test('dropped points are counted as filtered, and the rest keeps its values', () => {
    const { context, processor } = made({
      metrics: { exclude: selection('strict', { metric_names: ['go_gc'] }) },
    })
    stageOf(processor, context).consume([batchOf(names.map((name, index) => [series(name), index] as const))])
    expect(context.next.samples.map(({ name, value }) => [name, value])).toEqual([
      ['go_threads', 1],
      ['up', 2],
      ['process_go', 3],
    ])
    expect([...context.ledger.dropped]).toEqual([['filtered', 1]])
  })

  test('series that come and go leave no reference behind', () => {
    const before = internedSets()
    const { context, processor } = made({
      metrics: { exclude: selection('regexp', { attributes: [{ key: 'pod', value: '[02468]$' }] }) },
    })
    churn(stageOf(processor, context), 200, (cycle) => series('up', { pod: `pod-${cycle}` }))
    expect(context.ledger.dropped.get('filtered')).toBe(100)
    expect(internedSets()).toEqual(before)
  })
})
