import { expect, test } from 'vitest'
import { namespaces, services, shortened, TestDiscovery } from './test-discovery.ts'

function service(name: string, spec: object, status: object = {}) {
  return { metadata: { name, namespace: 'shop', labels: { app: 'web' } }, spec, status }
}

const shared = {
  namespace: 'shop',
  service_label_app: 'web',
  service_labelpresent_app: 'true',
}

test('each port of a service is a target, at the name that the service has in DNS', async () => {
  await using here = await TestDiscovery.start()
  const ports = [
    { name: 'http', port: 80, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ]
  here.server.put(services, service('web', { type: 'ClusterIP', clusterIP: '10.96.0.7', ports }))
  here.server.put(services, service('portless', { type: 'ClusterIP', clusterIP: 'None' }))
  here.discover('role: service')
  await here.untilAddresses('web.shop.svc:53', 'web.shop.svc:80')
  const both = { ...shared, service_name: 'web', service_type: 'ClusterIP', service_cluster_ip: '10.96.0.7' }
  expect(here.targets.map(shortened)).toEqual([
    {
      ...both,
      __address__: 'web.shop.svc:53',
      service_port_number: '53',
      service_port_protocol: 'UDP',
    },
    {
      ...both,
      __address__: 'web.shop.svc:80',
      service_port_name: 'http',
      service_port_number: '80',
      service_port_protocol: 'TCP',
    },
  ])
})

const ports = [{ port: 1, protocol: 'TCP' }]
const ingress = [{ ip: '192.0.2.1' }, { hostname: 'lb.example.org' }, { ip: '192.0.2.2' }]

test.each([
  [
    'the name that it stands for, and no address',
    service('s', { type: 'ExternalName', externalName: 'db.example.org', clusterIP: '10.96.0.1', ports }),
    { service_type: 'ExternalName', service_external_name: 'db.example.org' },
  ],
  [
    'the addresses of its load balancer',
    service('s', { type: 'LoadBalancer', loadBalancerIP: '192.0.2.9', ports }, { loadBalancer: { ingress } }),
    { service_type: 'LoadBalancer', service_loadbalancer_ip: '192.0.2.1,192.0.2.2' },
  ],
  [
    'the address that is wanted of a load balancer which has none yet',
    service('s', { type: 'LoadBalancer', loadBalancerIP: '192.0.2.9', clusterIP: '10.96.0.1', ports }),
    { service_type: 'LoadBalancer', service_cluster_ip: '10.96.0.1', service_loadbalancer_ip: '192.0.2.9' },
  ],
])('the target of a service tells %s', async (_, wish, expected) => {
  await using here = await TestDiscovery.start()
  here.server.put(services, wish)
  here.discover('role: service')
  await here.untilAddresses('s.shop.svc:1')
  expect(shortened(here.targets[0])).toEqual({
    ...shared,
    ...expected,
    __address__: 's.shop.svc:1',
    service_name: 's',
    service_port_number: '1',
    service_port_protocol: 'TCP',
  })
})

test('metadata of the namespace is attached where it is wanted, and follows it', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(services, service('s', { ports }))
  here.server.put(namespaces, { metadata: { name: 'shop', labels: { team: 'a' } } })
  here.discover('role: service\nattach_metadata: { namespace: true, node: true }')
  await here.until(() =>
    expect(shortened(here.targets[0])).toMatchObject({
      namespace_label_team: 'a',
      namespace_labelpresent_team: 'true',
    }),
  )
  here.server.put(namespaces, { metadata: { name: 'shop', annotations: { 'example.org/owner': 'b' } } })
  await here.until(() =>
    expect(shortened(here.targets[0])).toMatchObject({
      namespace_annotation_example_org_owner: 'b',
      namespace_annotationpresent_example_org_owner: 'true',
    }),
  )
  expect(shortened(here.targets[0])).not.toHaveProperty('namespace_label_team')
  expect(here.server.requests.map(({ path }) => path)).not.toContain('/api/v1/nodes')
})
