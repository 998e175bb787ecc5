import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { limitRanges } from './limitranges.ts'

test('a range of limits is told as kube-state-metrics does', () => {
  const limits = [
    {
      type: 'Container',
      min: { cpu: '50m' },
      max: { cpu: '2', memory: '1Gi' },
      default: { cpu: '500m' },
      defaultRequest: { cpu: '100m' },
      maxLimitRequestRatio: { cpu: '4' },
    },
    { type: 'PersistentVolumeClaim', max: { storage: '10Gi' } },
  ]
  const metadata = { name: 'bounds', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' }
  expect(tell(limitRanges, { metadata, spec: { limits } })).toEqual([
    row('min', 'cpu', 'Container', 0.05),
    row('max', 'cpu', 'Container', 2),
    row('max', 'memory', 'Container', 2 ** 30),
    row('default', 'cpu', 'Container', 0.5),
    row('defaultRequest', 'cpu', 'Container', 0.1),
    row('maxLimitRequestRatio', 'cpu', 'Container', 4),
    row('max', 'storage', 'PersistentVolumeClaim', 10 * 2 ** 30),
    'kube_limitrange_created{limitrange="bounds", namespace="shop"} 1767225600',
  ])
})

function row(constraint: string, resource: string, type: string, value: number): string {
  return `kube_limitrange{constraint="${constraint}", limitrange="bounds", namespace="shop", resource="${resource}", type="${type}"} ${value}`
}
