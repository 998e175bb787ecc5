import { expect, test } from 'vitest'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import { translationOf } from '#src/naming/prometheus-names.ts'
import { series } from '#src/testing/series.ts'
import { SeriesNaming } from './series-naming.ts'

const attributes = ['job', 'node', 'instance', 'a:1', 'env', 'prod']
const scraped = makeScope(makeResource(attributes, { derived: true }))
const edited = makeScope(makeResource(attributes, { derived: true, edited: true }))

function naming(promotes: (key: string) => boolean): SeriesNaming {
  const translation = translationOf('UnderscoreEscapingWithSuffixes', '')
  return new SeriesNaming(new PrometheusLabels({ translation, constLabels: {}, scopeInfo: true, promotes }))
}

test('the resource of scraped series is listed once it was edited', () => {
  const sut = naming(() => false)
  expect(sut.targetInfo(scraped)).toBeUndefined()
  expect(sut.targetInfo(edited)).toEqual({
    name: 'target_info',
    pairs: ['env', 'prod', 'instance', 'a:1', 'job', 'node'],
  })
})

test('promoted attributes of the resource become labels of scraped series, by the names that OTLP has', () => {
  const up = series('up', { job: 'node', instance: 'a:1' }, { scope: edited })
  expect(naming(() => false).of(up)?.pairs).toEqual(['instance', 'a:1', 'job', 'node'])
  expect(naming((key) => key === 'env' || key === 'service.name').of(up)?.pairs).toEqual([
    'env',
    'prod',
    'instance',
    'a:1',
    'job',
    'node',
    'service_name',
    'node',
  ])
})
