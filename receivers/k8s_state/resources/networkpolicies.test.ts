import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { networkPolicies } from './networkpolicies.ts'

test('a policy is told as kube-state-metrics does', () => {
  const policy = {
    metadata: { name: 'deny', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}, { from: [] }], egress: [{}] },
  }
  expect(tell(networkPolicies, policy)).toEqual([
    'kube_networkpolicy_created{namespace="shop", networkpolicy="deny"} 1767225600',
    'kube_networkpolicy_spec_ingress_rules{namespace="shop", networkpolicy="deny"} 2',
    'kube_networkpolicy_spec_egress_rules{namespace="shop", networkpolicy="deny"} 1',
  ])
})

test('a policy without rules has none', () => {
  expect(tell(networkPolicies, { spec: { podSelector: {} } })).toEqual([
    'kube_networkpolicy_spec_ingress_rules{networkpolicy="it"} 0',
    'kube_networkpolicy_spec_egress_rules{networkpolicy="it"} 0',
  ])
})
