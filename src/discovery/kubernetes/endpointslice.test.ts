import { expect, test } from 'vitest'
import { endpointSlices, nodes, pods, services, shortened, TestDiscovery } from './test-discovery.ts'

function slice(name: string, more: object) {
  return {
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ...more,
  }
}

const toPod = { kind: 'Pod', namespace: 'shop', name: 'web-1' }

test('an endpoint of a pod is a target with its conditions, and with what is known of pod, container and service', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(services, { metadata: { name: 'web', namespace: 'shop', labels: { tier: 'front' } } })
  here.server.put(pods, {
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u' },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'web:1',
          ports: [
            { name: 'web', containerPort: 8080, protocol: 'UDP' },
            { name: 'stats', containerPort: 9090 },
          ],
        },
      ],
    },
    status: { podIP: '10.0.0.1', phase: 'Running' },
  })
  here.server.put(
    endpointSlices,
    slice('web-a', {
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: 'host',
          nodeName: 'n1',
          zone: 'a',
          targetRef: toPod,
          deprecatedTopology: { 'kubernetes.io/region': 'r' },
        },
      ],
    }),
  )
  here.discover('role: endpointslice')
  await here.untilAddresses('10.0.0.1:8080', '10.0.0.1:9090')
  expect(shortened(here.targets[0])).toEqual({
    __address__: '10.0.0.1:8080',
    namespace: 'shop',
    endpointslice_name: 'web-a',
    endpointslice_address_type: 'IPv4',
    endpointslice_label_kubernetes_io_service_name: 'web',
    endpointslice_labelpresent_kubernetes_io_service_name: 'true',
    endpointslice_port: '8080',
    endpointslice_port_name: 'http',
    endpointslice_port_protocol: 'TCP',
    endpointslice_port_app_protocol: 'kubernetes.io/h2c',
    endpointslice_endpoint_conditions_ready: 'true',
    endpointslice_endpoint_conditions_serving: 'true',
    endpointslice_endpoint_conditions_terminating: 'false',
    endpointslice_endpoint_hostname: 'host',
    endpointslice_endpoint_node_name: 'n1',
    endpointslice_endpoint_zone: 'a',
    endpointslice_endpoint_topology_kubernetes_io_region: 'r',
    endpointslice_endpoint_topology_present_kubernetes_io_region: 'true',
    endpointslice_address_target_kind: 'Pod',
    endpointslice_address_target_name: 'web-1',
    service_name: 'web',
    service_label_tier: 'front',
    service_labelpresent_tier: 'true',
    pod_name: 'web-1',
    pod_ip: '10.0.0.1',
    pod_ready: 'unknown',
    pod_phase: 'Running',
    pod_uid: 'u',
    pod_container_name: 'main',
    pod_container_image: 'web:1',
    pod_container_init: 'false',
    pod_container_port_name: 'web',
    pod_container_port_number: '8080',
    // The container's own: of Endpoints it is that of the endpoint.
    pod_container_port_protocol: 'UDP',
  })
  expect(shortened(here.targets[1])).toMatchObject({ pod_container_port_name: 'stats', service_name: 'web' })
})

test('an endpoint has a target for each of its addresses and ports; a port without a number leaves the address alone', async () => {
  await using here = await TestDiscovery.start()
  const ports = [{ name: 'all' }, { port: 1 }]
  here.server.put(
    endpointSlices,
    slice('a', { ports, endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'] }, {}] }),
  )
  here.server.put(endpointSlices, slice('b', { ports: null, endpoints: [{ addresses: ['10.0.0.9'] }] }))
  here.server.put(endpointSlices, slice('c', { ports, endpoints: null }))
  here.discover('role: endpointslice')
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1', '10.0.0.1:1', '10.0.0.2', '10.0.0.2:1']))
})

function dual(ipFamilies: string[], ipFamilyPolicy = 'RequireDualStack') {
  return { metadata: { name: 'web', namespace: 'shop' }, spec: { ipFamilies, ipFamilyPolicy } }
}

test('of a service with two families of addresses the endpoints of the first are targets', async () => {
  await using here = await TestDiscovery.start()
  const ports = [{ port: 1 }]
  here.server.put(services, dual(['IPv6', 'IPv4']))
  here.server.put(endpointSlices, slice('four', { ports, endpoints: [{ addresses: ['10.0.0.1'] }] }))
  here.server.put(
    endpointSlices,
    slice('six', { ports, addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }),
  )
  here.discover('role: endpointslice')
  await here.until(() => expect(here.addresses).toEqual(['[fd00::1]:1']))
  here.server.put(services, dual(['IPv4', 'IPv6'], 'PreferDualStack'))
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1:1']))
  here.server.put(services, dual(['IPv4'], 'SingleStack'))
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1:1', '[fd00::1]:1']))
})

test('metadata of the node is that of the node that the endpoint is, or is on', async () => {
  await using here = await TestDiscovery.start()
  for (const name of ['n1', 'n2']) here.server.put(nodes, { metadata: { name, labels: { of: name } } })
  const endpoints = [
    { addresses: ['10.0.0.1'], nodeName: 'n1', targetRef: { kind: 'Node', name: 'n2' } },
    { addresses: ['10.0.0.2'], nodeName: 'n1' },
    { addresses: ['10.0.0.3'] },
  ]
  here.server.put(endpointSlices, slice('a', { ports: [{ port: 1 }], endpoints }))
  here.discover('role: endpointslice\nattach_metadata: { node: true }')
  await here.until(() => expect(here.targets).toHaveLength(3))
  expect(here.targets.map(({ __meta_kubernetes_node_label_of: of }) => of)).toEqual(['n2', 'n1', undefined])
})
