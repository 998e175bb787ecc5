import { expect, test } from 'vitest'
import { makeResource } from '#src/model/resource.ts'
import { isListed, resourceLabel } from './resource-labels.ts'

test.each([
  [['service.name', 'shop', 'service.namespace', 'eu', 'service.instance.id', 7n], 'eu/shop', '7'],
  [['service.name', 'shop'], 'shop', ''],
  [['service.namespace', 'eu', 'service.instance.id', 'a'], '', 'a'],
  [[], '', ''],
])('of %s the job is %j and the instance %j', (attributes, job, instance) => {
  const resource = makeResource(attributes)
  expect(resourceLabel(resource, 'job')).toBe(job)
  expect(resourceLabel(resource, 'instance')).toBe(instance)
  expect(resourceLabel(resource, 'service.name')).toBe('')
})

test('a derived resource gives no labels: the series have them', () => {
  const resource = makeResource(['service.name', 'shop', 'service.instance.id', 'a'], { derived: true })
  expect([resourceLabel(resource, 'job'), resourceLabel(resource, 'instance')]).toEqual(['', ''])
})

test('a derived resource is listed only once it was edited', () => {
  const attributes = ['job', 'shop', 'env', 'prod']
  expect(isListed(makeResource(attributes))).toBe(true)
  expect(isListed(makeResource(attributes, { derived: true }))).toBe(false)
  expect(isListed(makeResource(attributes, { derived: true, edited: true }))).toBe(true)
})
