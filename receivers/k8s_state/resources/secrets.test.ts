import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { secrets } from './secrets.ts'

const secret = {
  metadata: {
    name: 'shop-tls',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    resourceVersion: '42',
    ownerReferences: [
      { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'shop', controller: true },
    ],
  },
  columns: { Name: 'shop-tls', Type: 'kubernetes.io/tls', Data: 2, Age: '3d' },
}

test('a secret is told as kube-state-metrics does, and nothing of what is in it', () => {
  const data = { 'tls.crt': 'AAAA', 'tls.key': 'aHVudGVyMg==' }
  expect(tell(secrets, { ...secret, data, stringData: { key: 'hunter2' } })).toEqual([
    'kube_secret_info{namespace="shop", secret="shop-tls"} 1',
    'kube_secret_type{namespace="shop", secret="shop-tls", type="kubernetes.io/tls"} 1',
    'kube_secret_created{namespace="shop", secret="shop-tls"} 1767225600',
    'kube_secret_metadata_resource_version{namespace="shop", secret="shop-tls"} 42',
    'kube_secret_owner{namespace="shop", owner_is_controller="true", owner_kind="Certificate", owner_name="shop", secret="shop-tls"} 1',
  ])
})

test('a secret that a server told as a whole is told by its own type', () => {
  expect(tell(secrets, { type: 'Opaque' })).toContain('kube_secret_type{secret="it", type="Opaque"} 1')
})

test('a secret that nobody owns says so', () => {
  expect(tell(secrets, { type: 'Opaque' })).toContain(
    'kube_secret_owner{owner_is_controller="", owner_kind="", owner_name="", secret="it"} 1',
  )
})
