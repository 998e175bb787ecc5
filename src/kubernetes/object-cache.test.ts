import { expect, test } from 'vitest'
import { ApiStatistics } from './api-statistics.ts'
import { isOlder, type KubernetesObject } from './object.ts'
import { ObjectCache } from './object-cache.ts'

function object(uid: string, resourceVersion: string, phase = 'Running'): KubernetesObject {
  return { metadata: { name: uid, uid, resourceVersion }, status: { phase } }
}

function cache() {
  const totals = new ApiStatistics().watch('pods', undefined)
  const errors: unknown[] = []
  const events: string[] = []
  const listener = {
    set: (kept: unknown, before: unknown) => events.push(`${String(before)} > ${String(kept)}`),
    deleted: (kept: unknown) => events.push(`${String(kept)} >`),
  }
  return { cache: new ObjectCache(totals, (error) => errors.push(error)), totals, errors, events, listener }
}

const nameOf = ({ metadata }: KubernetesObject) => metadata.name
const nameOfRunning = (each: KubernetesObject) => (phaseOf(each) === 'Running' ? nameOf(each) : undefined)
const phaseOf = ({ status }: KubernetesObject) => (status as { phase?: string }).phase

test('what a projection does not keep takes no room, and what it ceases to keep goes', () => {
  const { cache: objects, totals, events, listener } = cache()
  objects.listen(nameOfRunning, listener)
  objects.set(object('a', '1'))
  objects.set(object('b', '2', 'Failed'))
  expect([objects.size, totals.objects]).toEqual([1, 1])
  objects.set(object('a', '3', 'Failed'))
  expect([objects.size, totals.objects]).toEqual([0, 0])
  objects.delete(object('a', '4'))
  expect(events).toEqual(['undefined > a', 'a >'])
})

test('the same version again is not told again, but to a projection that came since', () => {
  const { cache: objects, events, listener } = cache()
  objects.listen(phaseOf, listener)
  objects.set(object('a', '1'))
  expect(objects.listen(nameOf, listener)).toBe(true)
  expect(objects.listen(nameOf, { set: () => undefined, deleted: () => undefined })).toBe(false)
  objects.restart()
  objects.set(object('a', '1'))
  objects.complete()
  expect(events).toEqual(['undefined > Running', 'undefined > a'])
  objects.unlisten(phaseOf, listener)
  expect([...objects.values(nameOf)]).toEqual(['a'])
  expect([...objects.values(phaseOf)]).toEqual([])
})

test('an object that a projection cannot bear costs no other', () => {
  const { cache: objects, errors, listener } = cache()
  objects.listen(({ metadata }) => {
    if (metadata.name === 'bad') throw new Error('no')
    return metadata.name
  }, listener)
  for (const name of ['a', 'bad', 'b']) objects.set(object(name, '1'))
  expect(objects.size).toBe(2)
  expect(errors).toHaveLength(1)
})

test('an object that was made anew under its name goes and comes', () => {
  const { cache: objects, events, listener } = cache()
  objects.listen(({ metadata }) => metadata.uid, listener)
  objects.set(object('u1', '1'))
  objects.restart()
  objects.set(object('u2', '5'))
  objects.complete()
  expect(events).toEqual(['undefined > u1', 'undefined > u2', 'u1 >'])
})

test('versions are compared as numbers of any size, and others not at all', () => {
  expect(isOlder('9', '10')).toBe(true)
  expect(isOlder('10', '9')).toBe(false)
  expect(isOlder('18446744073709551614', '18446744073709551615')).toBe(true)
  expect(isOlder('10', '10')).toBe(false)
  expect(isOlder('a', 'b')).toBe(false)
  expect(isOlder('01', '2')).toBe(false)
})
