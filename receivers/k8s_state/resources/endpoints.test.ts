import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { endpoints } from './endpoints.ts'

const object = {
  metadata: { name: 'web', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
  subsets: [
    {
      addresses: [{ ip: '10.0.0.1', nodeName: 'node-1' }, { ip: '10.0.0.2' }],
      notReadyAddresses: [{ ip: '10.0.0.3' }],
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    },
    { notReadyAddresses: [{ ip: '10.0.0.4' }], ports: [{ name: 'metrics', port: 9090, protocol: 'TCP' }] },
  ],
}

test('endpoints are told as kube-state-metrics does', () => {
  expect(tell(endpoints, object)).toEqual([
    'kube_endpoint_info{endpoint="web", namespace="shop"} 1',
    'kube_endpoint_created{endpoint="web", namespace="shop"} 1767225600',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.1", namespace="shop", port_name="http", port_number="8080", port_protocol="TCP", ready="true"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.2", namespace="shop", port_name="http", port_number="8080", port_protocol="TCP", ready="true"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.3", namespace="shop", port_name="http", port_number="8080", port_protocol="TCP", ready="false"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.1", namespace="shop", port_name="", port_number="53", port_protocol="UDP", ready="true"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.2", namespace="shop", port_name="", port_number="53", port_protocol="UDP", ready="true"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.3", namespace="shop", port_name="", port_number="53", port_protocol="UDP", ready="false"} 1',
    'kube_endpoint_address{endpoint="web", ip="10.0.0.4", namespace="shop", port_name="metrics", port_number="9090", port_protocol="TCP", ready="false"} 1',
    'kube_endpoint_ports{endpoint="web", namespace="shop", port_name="http", port_number="8080", port_protocol="TCP"} 1',
    'kube_endpoint_ports{endpoint="web", namespace="shop", port_name="", port_number="53", port_protocol="UDP"} 1',
    'kube_endpoint_ports{endpoint="web", namespace="shop", port_name="metrics", port_number="9090", port_protocol="TCP"} 1',
  ])
})

test('endpoints are counted in the words of vm', () => {
  expect(tell(endpoints, object, { naming: 'vm' })).toEqual([
    'vm_kube_endpoint_addresses{endpoint="web", namespace="shop", ready="true"} 2',
    'vm_kube_endpoint_addresses{endpoint="web", namespace="shop", ready="false"} 2',
  ])
})

test('a service without endpoints has none, ready or not', () => {
  expect(tell(endpoints, {})).toEqual(['kube_endpoint_info{endpoint="it"} 1'])
  expect(tell(endpoints, {}, { naming: 'vm' })).toEqual([
    'vm_kube_endpoint_addresses{endpoint="it", ready="true"} 0',
    'vm_kube_endpoint_addresses{endpoint="it", ready="false"} 0',
  ])
})
