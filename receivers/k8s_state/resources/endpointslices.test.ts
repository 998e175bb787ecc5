import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { endpointSlices } from './endpointslices.ts'

const pod = (name: string): object => ({ kind: 'Pod', namespace: 'shop', name, uid: name })

const slice = {
  metadata: {
    name: 'web-x7k2p',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'kubernetes.io/service-name': 'web' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: '6f0d', controller: true }],
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      zone: 'a',
      targetRef: pod('web-1'),
      hints: { forZones: [{ name: 'a' }, { name: 'b' }] },
    },
    {
      addresses: ['10.0.0.2', '10.0.0.3'],
      conditions: { ready: false, serving: true, terminating: true },
      hostname: 'web-2',
      zone: 'a',
    },
    { addresses: ['10.0.0.4'], conditions: {} },
  ],
  ports: [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: '', protocol: 'UDP' },
  ],
}

test('a slice is told as kube-state-metrics does', () => {
  expect(tell(endpointSlices, slice)).toEqual([
    'kube_endpointslice_info{addresstype="IPv4", endpointslice="web-x7k2p", namespace="shop"} 1',
    'kube_endpointslice_created{endpointslice="web-x7k2p", namespace="shop"} 1767225600',
    'kube_endpointslice_endpoints_hints{address="10.0.0.1", endpointslice="web-x7k2p", for_zone="a", namespace="shop"} 1',
    'kube_endpointslice_endpoints_hints{address="10.0.0.1", endpointslice="web-x7k2p", for_zone="b", namespace="shop"} 1',
    'kube_endpointslice_endpoints{address="10.0.0.1", endpoint_nodename="node-1", endpoint_zone="a", endpointslice="web-x7k2p", hostname="", namespace="shop", ready="true", serving="true", targetref_kind="Pod", targetref_name="web-1", targetref_namespace="shop", terminating="false"} 1',
    'kube_endpointslice_endpoints{address="10.0.0.2", endpoint_nodename="", endpoint_zone="a", endpointslice="web-x7k2p", hostname="web-2", namespace="shop", ready="false", serving="true", targetref_kind="", targetref_name="", targetref_namespace="", terminating="true"} 1',
    'kube_endpointslice_endpoints{address="10.0.0.3", endpoint_nodename="", endpoint_zone="a", endpointslice="web-x7k2p", hostname="web-2", namespace="shop", ready="false", serving="true", targetref_kind="", targetref_name="", targetref_namespace="", terminating="true"} 1',
    'kube_endpointslice_endpoints{address="10.0.0.4", endpoint_nodename="", endpoint_zone="", endpointslice="web-x7k2p", hostname="", namespace="shop", ready="", serving="", targetref_kind="", targetref_name="", targetref_namespace="", terminating=""} 1',
    'kube_endpointslice_ports{endpointslice="web-x7k2p", namespace="shop", port_name="http", port_number="8080", port_protocol="TCP"} 1',
    'kube_endpointslice_ports{endpointslice="web-x7k2p", namespace="shop", port_name="", port_number="", port_protocol="UDP"} 1',
  ])
})

test.each(['otel', 'semconv'] as const)(
  'endpoints are counted for their service in the words of %s',
  (naming) => {
    expect(tell(endpointSlices, slice, { naming })).toEqual([
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="ready", k8s.service.endpoint.zone="a"} 1 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="serving", k8s.service.endpoint.zone="a"} 2 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="terminating", k8s.service.endpoint.zone="a"} 1 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="ready", k8s.service.endpoint.zone=""} 1 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="serving", k8s.service.endpoint.zone=""} 1 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
      'k8s.service.endpoint.count{k8s.service.endpoint.address_type="IPv4", k8s.service.endpoint.condition="terminating", k8s.service.endpoint.zone=""} 0 [k8s.endpointslice.name="web-x7k2p", k8s.endpointslice.uid="u1", k8s.namespace.name="shop", k8s.service.name="web", k8s.service.uid="6f0d"]',
    ])
  },
)

test('a service that serves all it has, has no endpoints: null for lists that the API server leaves empty', () => {
  const none = { addressType: 'IPv6', endpoints: null, ports: null }
  expect(tell(endpointSlices, none)).toEqual([
    'kube_endpointslice_info{addresstype="IPv6", endpointslice="it"} 1',
  ])
  expect(tell(endpointSlices, none, { naming: 'semconv' })).toEqual([])
})

test('an endpoint without an address has no hints', () => {
  const told = tell(endpointSlices, { endpoints: [{ addresses: [], hints: { forZones: [{ name: 'a' }] } }] })
  expect(told.filter((line) => line.includes('_hints'))).toEqual([])
})
