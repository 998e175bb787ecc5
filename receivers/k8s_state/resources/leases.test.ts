import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { leases } from './leases.ts'

const lease = {
  metadata: {
    name: 'node-1',
    namespace: 'kube-node-lease',
    uid: 'l1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'n1' }],
  },
  spec: { holderIdentity: 'node-1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:10.123456Z' },
}

test('a lease is told as kube-state-metrics does', () => {
  expect(tell(leases, lease)).toEqual([
    'kube_lease_owner{lease="node-1", lease_holder="node-1", namespace="kube-node-lease", owner_kind="Node", owner_name="node-1"} 1',
    'kube_lease_renew_time{lease="node-1", namespace="kube-node-lease"} 1767225610',
  ])
})

test('a lease that nobody owns or holds says so', () => {
  expect(tell(leases, { metadata: { namespace: 'shop' }, spec: {} })).toEqual([
    'kube_lease_owner{lease="it", lease_holder="", namespace="shop", owner_kind="", owner_name=""} 1',
  ])
})
