import { describe, expect, test } from 'vitest'
import type { ActionConfig } from '#src/attributes/action-options.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { testContext } from '#src/testing/context.ts'
import { churn, seriesProcessor, stageOf } from '#src/testing/series-processor.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { AttributesConfig, SelectionConfig } from './config.ts'
import attributes from './index.ts'

const env: ActionConfig = { action: 'upsert', key: 'env', value: 'prod' }
const nothing = { metric_names: [], attributes: [], resources: [], libraries: [] }

function selection(lists: Partial<SelectionConfig>): SelectionConfig {
  return { ...nothing, match_type: 'strict', ...lists }
}

function made(config: AttributesConfig) {
  const context = testContext('attributes')
  attributes.validate?.(config)
  const processor = seriesProcessor(attributes.create(config, context))
  return { processor, context, edited: (each: Series) => processor.mapSeries(each) !== each }
}

function mistakes(config: AttributesConfig): string[] {
  try {
    made(config)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

test('attributes are edited; name, metric and resource stay', () => {
  const { processor } = made({ actions: [env] })
  const scope = makeScope(makeResource(['host.name', 'a']))
  const before = series('cpu', { state: 'idle' }, { scope, kind: 'sum', unit: 's' })
  const after = processor.mapSeries(before)
  expect(after?.metric).toBe(before.metric)
  expect(Object.fromEntries(after?.attributes ?? [])).toEqual({ state: 'idle', env: 'prod' })
})

test('a series that the actions leave as it is stays the same object', () => {
  expect(made({ actions: [env] }).edited(series('cpu', { env: 'prod' }))).toBe(false)
})

test('the bound of a bucket and of a quantile is no attribute: actions neither see nor remove it', () => {
  const { processor } = made({
    actions: [
      { action: 'delete', pattern: '.' },
      { action: 'insert', key: 'env', value: 'prod' },
    ],
  })
  const bucket = series('latency', { le: '0.5', path: '/' }, { kind: 'histogram', role: 'bucket' })
  const quantile = series('size', { quantile: '0.9', path: '/' }, { kind: 'summary', role: 'quantile' })
  const plain = series('x', { le: '0.5', quantile: '0.9' })
  expect(
    [bucket, quantile, plain].map((each) => Object.fromEntries(processor.mapSeries(each)?.attributes ?? [])),
  ).toEqual([{ le: '0.5', env: 'prod' }, { quantile: '0.9', env: 'prod' }, { env: 'prod' }])
})

describe('a selection', () => {
  const scope = makeScope(makeResource(['host.name', 'a']), { name: 'scraper/cpu', version: '1.0' })
  const idle = series('cpu', { state: 'idle' }, { scope })
  const user = series('cpu', { state: 'user' }, { scope })
  const memory = series('memory', { state: 'idle' })
  const all = [idle, user, memory]

  test.each<[Partial<SelectionConfig>, readonly Series[]]>([
    [{ metric_names: ['cpu'] }, [idle, user]],
    [{ attributes: [{ key: 'state', value: 'idle' }] }, [idle, memory]],
    [{ resources: [{ key: 'host.name' }] }, [idle, user]],
    [{ libraries: [{ name: 'scraper/cpu' }] }, [idle, user]],
    [{ libraries: [{ name: 'scraper/cpu', version: '1.0' }] }, [idle, user]],
    [{ libraries: [{ name: 'scraper/cpu', version: '' }] }, []],
    [{ libraries: [{ name: 'other' }, { name: '', version: '' }] }, [memory]],
    [{ match_type: 'regexp', libraries: [{ name: '^scraper/' }] }, [idle, user]],
    [
      { match_type: 'regexp', metric_names: ['^c', '^m'], attributes: [{ key: 'state', value: '^u' }] },
      [user],
    ],
    [{ metric_names: ['cpu'], resources: [{ key: 'host.name', value: 'b' }] }, []],
  ])('%o includes what matches in every respect, and excludes the same', (lists, selected) => {
    const include = made({ actions: [env], include: selection(lists) })
    expect(all.filter(include.edited)).toEqual(selected)
    const exclude = made({ actions: [env], exclude: selection(lists) })
    expect(all.filter((each) => !exclude.edited(each))).toEqual(selected)
  })

  test('exclude takes out of what include selects', () => {
    const { edited } = made({
      actions: [env],
      include: selection({ metric_names: ['cpu'] }),
      exclude: selection({ attributes: [{ key: 'state', value: 'idle' }] }),
    })
    expect(all.filter(edited)).toEqual([user])
  })

  test('that selects by nothing is a mistake', () => {
    expect(mistakes({ actions: [env], include: selection({}), exclude: selection({}) })).toEqual([
      'include: selects nothing: it needs metric_names or attributes or resources or libraries',
      'exclude: selects nothing: it needs metric_names or attributes or resources or libraries',
    ])
  })

  test('with bad expressions names the place of each, and those of the actions', () => {
    const bad = selection({
      match_type: 'regexp',
      metric_names: ['('],
      libraries: [{ name: 'ok', version: '[' }],
    })
    expect(
      mistakes({ actions: [{ action: 'delete' }], include: bad, exclude: bad }).map(
        (each) => each.split(':')[0],
      ),
    ).toEqual([
      'actions.0',
      'include.metric_names.0',
      'include.libraries.0.version',
      'exclude.metric_names.0',
      'exclude.libraries.0.version',
    ])
  })
})

describe('in a pipeline', () => {
  const dropPod: AttributesConfig = { actions: [{ action: 'delete', key: 'pod' }] }

  test('of two series that become one the first stays, and the other counts as a duplicate', () => {
    const { processor, context } = made(dropPod)
    stageOf(processor, context).consume([
      batchOf([
        [series('up', { pod: 'a' }), 1],
        [series('up', { pod: 'b' }), 2],
        [series('up', { pod: 'b', job: 'x' }), 3],
      ]),
    ])
    expect(context.next.samples.map(({ attributes: kept, value }) => [kept, value])).toEqual([
      [{}, 1],
      [{ job: 'x' }, 3],
    ])
    expect([...context.ledger.dropped]).toEqual([['duplicate_series', 1]])
  })

  test('series that come and go leave no reference behind', () => {
    const before = internedSets()
    const { processor, context } = made({ actions: [...dropPod.actions, env] })
    churn(stageOf(processor, context), 200, (cycle) =>
      series('up', { pod: `pod-${cycle}`, n: `${cycle % 7}` }),
    )
    expect(context.next.points).toBe(200)
    expect(internedSets()).toEqual(before)
  })
})
