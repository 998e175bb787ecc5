import { describe, expect, test } from 'vitest'
import type { ActionConfig } from '#src/attributes/action-options.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import { resourceAttributes } from '#src/otlp/derived-resource.ts'
import { testContext } from '#src/testing/context.ts'
import { churn, seriesProcessor, stageOf } from '#src/testing/series-processor.ts'
import { batchOf, series } from '#src/testing/series.ts'
import resource from './index.ts'

const cluster: ActionConfig = { action: 'upsert', key: 'k8s.cluster.name', value: 'north' }

function made(attributes: readonly ActionConfig[]) {
  const context = testContext('resource')
  return { context, processor: seriesProcessor(resource.create({ attributes: [...attributes] }, context)) }
}

function host(name: string): Scope {
  return makeScope(makeResource(['host.name', name], { schemaUrl: 'https://example.com/1' }), {
    name: 'scraper/cpu',
    version: '1.0',
  })
}

test('the resource is edited; scope, name and attributes stay', () => {
  const { processor } = made([cluster, { action: 'delete', key: 'host.name' }])
  const before = series('cpu', { state: 'idle' }, { scope: host('a'), kind: 'sum', unit: 's' })
  const after = processor.mapSeries(before)
  expect(Object.fromEntries(after?.resource.attributes ?? [])).toEqual({ 'k8s.cluster.name': 'north' })
  expect(after?.resource.schemaUrl).toBe('https://example.com/1')
  expect(after?.metric.scope).toMatchObject({ name: 'scraper/cpu', version: '1.0' })
  expect(after?.metric.descriptor).toBe(before.metric.descriptor)
  expect(after?.attributes).toBe(before.attributes)
})

test('a series whose resource stays as it is stays the same object', () => {
  const { processor } = made([{ action: 'delete', key: 'nothing' }])
  const before = series('cpu', {}, { scope: host('a') })
  expect(processor.mapSeries(before)).toBe(before)
})

test('all series of a scope share one edited scope, all scopes of a resource one edited resource', () => {
  const { processor } = made([cluster])
  const scope = host('a')
  const sibling = makeScope(scope.resource, { name: 'scraper/memory' })
  const [first, second, third] = [
    series('cpu', { cpu: '0' }, { scope }),
    series('load', {}, { scope }),
    series('memory', {}, { scope: sibling }),
  ].map((each) => processor.mapSeries(each))
  expect(first?.metric.scope).toBe(second?.metric.scope)
  expect(first?.resource).toBe(third?.resource)
  expect(first?.metric.scope).not.toBe(third?.metric.scope)
})

describe('the derived resource of scraped series', () => {
  const scope = makeScope(makeResource(['instance', 'a:1', 'job', 'node'], { derived: true }))
  const before = series('up', { instance: 'a:1', job: 'node' }, { scope })

  test('is edited by the names of OpenTelemetry', () => {
    const { processor } = made([
      { action: 'upsert', key: 'service.name', value: 'exporter' },
      { action: 'insert', key: 'copy', from_attribute: 'service.instance.id' },
      { action: 'delete', key: 'service.instance.id' },
    ])
    const after = processor.mapSeries(before)
    expect(after && resourceAttributes(after.resource)).toEqual(['copy', 'a:1', 'service.name', 'exporter'])
  })

  test('takes the labels along that said what it said', () => {
    const { processor } = made([
      { action: 'upsert', key: 'service.name', value: 7n },
      { action: 'delete', key: 'service.instance.id' },
    ])
    const attributes = [before, series('x', { instance: 'b:2', job: 'node', kept: 'yes' }, { scope })].map(
      (each) => Object.fromEntries(processor.mapSeries(each)?.attributes ?? []),
    )
    expect(attributes).toEqual([{ job: '7' }, { instance: 'b:2', job: '7', kept: 'yes' }])
  })

  test('takes the place of the target_info that the target exposes', () => {
    const info = series('target_info', { instance: 'a:1', job: 'node', version: '1' }, { scope })
    expect(made([cluster]).processor.mapSeries(info)).toBeUndefined()
    expect(made([{ action: 'delete', key: 'nothing' }]).processor.mapSeries(info)).toBe(info)
  })

  test('leaves no label set behind in the tables', () => {
    const counts = internedSets()
    const { processor, context } = made([{ action: 'upsert', key: 'service.name', value: 'exporter' }])
    churn(stageOf(processor, context), 200, (cycle) =>
      series('cpu', { n: `${cycle}`, job: 'node' }, { scope }),
    )
    expect(internedSets()).toEqual(counts)
  })

  test('stays derived, and no part of their identity', () => {
    const after = made([cluster]).processor.mapSeries(before)
    expect(after?.resource.derived).toBe(true)
    expect(after?.hash).toEqual(before.hash)
  })

  test('that the actions leave as it is stays the same object', () => {
    expect(made([{ action: 'delete', key: 'job' }]).processor.mapSeries(before)).toBe(before)
  })
})

test('mistakes in actions have their place under attributes', () => {
  const paths: unknown[] = []
  try {
    made([cluster, { action: 'hash' }])
  } catch (error) {
    if (error instanceof ConfigError) paths.push(error.path)
  }
  expect(paths).toEqual([['attributes', 1]])
})

describe('in a pipeline', () => {
  test('series of two hosts that become one collide: the first stays', () => {
    const { processor, context } = made([{ action: 'delete', key: 'host.name' }])
    stageOf(processor, context).consume([
      batchOf([
        [series('cpu', {}, { scope: host('a') }), 1],
        [series('cpu', {}, { scope: host('b') }), 2],
      ]),
    ])
    expect(context.next.samples.map(({ value }) => value)).toEqual([1])
    expect([...context.ledger.dropped]).toEqual([['duplicate_series', 1]])
  })

  test('resources that come and go leave nothing behind in the tables', () => {
    const before = internedSets()
    const { processor, context } = made([cluster])
    churn(stageOf(processor, context), 200, (cycle) =>
      series('cpu', { n: `${cycle}` }, { scope: host(`pod-${cycle}`) }),
    )
    expect(context.next.points).toBe(200)
    expect(internedSets()).toEqual(before)
  })
})
