import { expect, test } from 'vitest'
import { endpoints, namespaces, nodes, pods, services, shortened, TestDiscovery } from './test-discovery.ts'

const metadata = { name: 'web', namespace: 'shop' }

/** A pod with ports, some of which no service knows. */
function pod(name: string, ip: string, more: object = {}) {
  return {
    metadata: { name, namespace: 'shop', uid: name, labels: { app: 'web' }, ...more },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'web:1',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'UDP' },
            { name: 'stats', containerPort: 9090, protocol: 'TCP' },
          ],
        },
        { name: 'portless', image: 'side:1' },
      ],
      initContainers: [
        { name: 'setup', image: 'setup:1', ports: [{ containerPort: 9000, protocol: 'TCP' }] },
      ],
    },
    status: { podIP: ip, phase: 'Running' },
  }
}

function backedBy(name: string, ip: string) {
  return { ip, nodeName: 'n1', hostname: `${name}-host`, targetRef: { kind: 'Pod', namespace: 'shop', name } }
}

function list(subsets: object[], more: object = {}) {
  return { metadata: { ...metadata, ...more }, subsets }
}

const http = { name: 'http', port: 8080, protocol: 'TCP' }

test('an address of a pod is a target with what is known of pod, container and service, and so is each other port of the pod', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(services, { metadata: { ...metadata, annotations: { 'prometheus.io/scrape': 'true' } } })
  here.server.put(pods, pod('web-1', '10.0.0.1'))
  here.server.put(
    endpoints,
    list([{ addresses: [backedBy('web-1', '10.0.0.1')], ports: [http] }], { labels: { of: 'web' } }),
  )
  here.discover('role: endpoints')
  await here.untilAddresses('10.0.0.1:8080', '10.0.0.1:9000', '10.0.0.1:9090')
  const shared = {
    namespace: 'shop',
    service_name: 'web',
    service_annotation_prometheus_io_scrape: 'true',
    service_annotationpresent_prometheus_io_scrape: 'true',
    endpoints_name: 'web',
    endpoints_label_of: 'web',
    endpoints_labelpresent_of: 'true',
    pod_name: 'web-1',
    pod_ip: '10.0.0.1',
    pod_ready: 'unknown',
    pod_phase: 'Running',
    pod_uid: 'web-1',
    pod_label_app: 'web',
    pod_labelpresent_app: 'true',
  }
  const main = { pod_container_name: 'main', pod_container_image: 'web:1', pod_container_init: 'false' }
  expect(here.targets.map(shortened)).toEqual([
    {
      ...shared,
      ...main,
      __address__: '10.0.0.1:8080',
      endpoint_ready: 'true',
      endpoint_hostname: 'web-1-host',
      endpoint_node_name: 'n1',
      endpoint_port_name: 'http',
      endpoint_port_protocol: 'TCP',
      endpoint_address_target_kind: 'Pod',
      endpoint_address_target_name: 'web-1',
      pod_container_port_name: 'http',
      pod_container_port_number: '8080',
      // That of the endpoint: of EndpointSlices it is the container's own.
      pod_container_port_protocol: 'TCP',
    },
    {
      ...shared,
      __address__: '10.0.0.1:9000',
      pod_container_name: 'setup',
      pod_container_image: 'setup:1',
      pod_container_init: 'true',
      pod_container_port_number: '9000',
      pod_container_port_protocol: 'TCP',
    },
    {
      ...shared,
      ...main,
      __address__: '10.0.0.1:9090',
      pod_container_port_name: 'stats',
      pod_container_port_number: '9090',
      pod_container_port_protocol: 'TCP',
    },
  ])
})

test('addresses that are not ready are targets that say so; one without a pod, or whose pod is not known, is there as it is', async () => {
  await using here = await TestDiscovery.start()
  const unknown = { ip: '10.0.0.2', targetRef: { kind: 'Pod', namespace: 'shop', name: 'gone' } }
  here.server.put(
    endpoints,
    list([{ addresses: [unknown], notReadyAddresses: [{ ip: 'fd00::3' }], ports: [http] }, {}]),
  )
  here.discover('role: endpoints')
  await here.untilAddresses('10.0.0.2:8080', '[fd00::3]:8080')
  expect(here.targets.map(shortened)).toEqual([
    expect.objectContaining({ endpoint_ready: 'true', endpoint_address_target_name: 'gone' }),
    expect.objectContaining({ endpoint_ready: 'false', endpoints_name: 'web' }),
  ])
})

test('targets follow the pods and the service behind the endpoints, which themselves stay as they are', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(endpoints, list([{ addresses: [backedBy('web-1', '10.0.0.1')], ports: [http] }]))
  here.discover('role: endpoints')
  await here.untilAddresses('10.0.0.1:8080')
  here.server.put(pods, pod('web-1', '10.0.0.1'))
  await here.untilAddresses('10.0.0.1:8080', '10.0.0.1:9000', '10.0.0.1:9090')
  here.server.put(pods, pod('web-1', '10.0.0.1', { labels: { app: 'api' } }))
  here.server.put(services, { metadata: { ...metadata, labels: { tier: 'front' } } })
  await here.until(() =>
    expect(shortened(here.targets[0])).toMatchObject({ pod_label_app: 'api', service_label_tier: 'front' }),
  )
  here.server.remove(pods, 'web-1', 'shop')
  here.server.remove(services, 'web', 'shop')
  await here.until(() => expect(here.targets).toHaveLength(1))
  expect(Object.keys(shortened(here.targets[0])).filter((name) => /^(?:pod|service)_/.test(name))).toEqual([])
  here.server.remove(endpoints, 'web', 'shop')
  await here.untilAddresses()
})

test('a pod that has no address any more has no other ports', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('web-1', ''))
  here.server.put(endpoints, list([{ addresses: [backedBy('web-1', '10.0.0.1')], ports: [http] }]))
  here.discover('role: endpoints')
  await here.until(() => expect(here.addresses).toEqual(['10.0.0.1:8080']))
})

test('metadata of the node is that of the address, or of the node that it is', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(nodes, { metadata: { name: 'n1', labels: { zone: 'a' } } })
  here.server.put(nodes, { metadata: { name: 'n2', labels: { zone: 'b' } } })
  here.server.put(namespaces, { metadata: { name: 'shop', labels: { team: 'x' } } })
  const addresses = [
    { ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Node', name: 'n2' } },
    { ip: '10.0.0.2', targetRef: { kind: 'Node', name: 'n2' } },
    { ip: '10.0.0.3', nodeName: 'unknown' },
  ]
  here.server.put(endpoints, list([{ addresses, ports: [http] }]))
  here.discover('role: endpoints\nattach_metadata: { node: true, namespace: true }')
  await here.until(() => expect(here.targets).toHaveLength(3))
  expect(here.targets.map(({ __meta_kubernetes_node_label_zone: zone }) => zone)).toEqual([
    'a',
    'b',
    undefined,
  ])
  expect(here.targets.map(({ __meta_kubernetes_namespace_label_team: team }) => team)).toEqual([
    'x',
    'x',
    'x',
  ])
})
