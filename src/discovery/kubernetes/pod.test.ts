import { expect, test } from 'vitest'
import { nodes, pods, shortened, TestDiscovery } from './test-discovery.ts'

/** A pod as the API server has it, with all that targets are made of. */
const web = {
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'web', 'app.kubernetes.io/name': 'shop', empty: '' },
    annotations: { 'prometheus.io/scrape': 'true' },
    ownerReferences: [
      { kind: 'Other', name: 'other' },
      { kind: 'ReplicaSet', name: 'web', controller: true },
    ],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'main',
        image: 'web:1',
        ports: [
          { name: 'http', containerPort: 8080, protocol: 'TCP' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
      { name: 'portless', image: 'side:1' },
    ],
    initContainers: [{ name: 'setup', image: 'setup:1', ports: [{ containerPort: 9000, protocol: 'TCP' }] }],
  },
  status: {
    podIP: '10.0.0.1',
    hostIP: '192.0.2.1',
    phase: 'Running',
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
    containerStatuses: [{ name: 'main', containerID: 'containerd://1' }],
    initContainerStatuses: [{ name: 'setup', containerID: 'containerd://2' }],
  },
}

const shared = {
  namespace: 'shop',
  pod_name: 'web-1',
  pod_ip: '10.0.0.1',
  pod_host_ip: '192.0.2.1',
  pod_ready: 'false',
  pod_phase: 'Running',
  pod_node_name: 'n1',
  pod_uid: 'u-1',
  pod_controller_kind: 'ReplicaSet',
  pod_controller_name: 'web',
  pod_label_app: 'web',
  pod_labelpresent_app: 'true',
  pod_label_app_kubernetes_io_name: 'shop',
  pod_labelpresent_app_kubernetes_io_name: 'true',
  pod_labelpresent_empty: 'true',
  pod_annotation_prometheus_io_scrape: 'true',
  pod_annotationpresent_prometheus_io_scrape: 'true',
}

test('each port of each container is a target, and each container without ports one at the bare address', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, web)
  here.discover('role: pod')
  await here.untilAddresses('10.0.0.1', '10.0.0.1:53', '10.0.0.1:8080', '10.0.0.1:9000')
  const main = { pod_container_name: 'main', pod_container_image: 'web:1', pod_container_init: 'false' }
  expect(here.targets.map(shortened)).toEqual([
    {
      ...shared,
      __address__: '10.0.0.1',
      pod_container_name: 'portless',
      pod_container_image: 'side:1',
      pod_container_init: 'false',
    },
    {
      ...shared,
      ...main,
      __address__: '10.0.0.1:53',
      pod_container_id: 'containerd://1',
      pod_container_port_number: '53',
      pod_container_port_protocol: 'UDP',
    },
    {
      ...shared,
      ...main,
      __address__: '10.0.0.1:8080',
      pod_container_id: 'containerd://1',
      pod_container_port_name: 'http',
      pod_container_port_number: '8080',
      pod_container_port_protocol: 'TCP',
    },
    {
      ...shared,
      __address__: '10.0.0.1:9000',
      pod_container_name: 'setup',
      pod_container_image: 'setup:1',
      pod_container_init: 'true',
      pod_container_id: 'containerd://2',
      pod_container_port_number: '9000',
      pod_container_port_protocol: 'TCP',
    },
  ])
})

function pod(status: object) {
  const containers = [{ name: 'c', ports: [{ containerPort: 80 }] }]
  return { metadata: { name: 'p', namespace: 'a' }, spec: { containers }, status }
}

test('a pod has targets as long as it has an address, whatever its phase', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod({ phase: 'Pending' }))
  here.discover('role: pod')
  await here.until(() => expect(here.told).toEqual([[]]))
  here.server.put(pods, pod({ phase: 'Succeeded', podIP: 'fd00::1' }))
  await here.untilAddresses('[fd00::1]:80')
  expect(shortened(here.targets[0])).toMatchObject({ pod_phase: 'Succeeded', pod_ready: 'unknown' })
  here.server.put(pods, pod({ phase: 'Failed' }))
  await here.untilAddresses()
})

test('with metadata of nodes a pod bears that of its node, and has no targets while the node is not there', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, web)
  here.server.put(nodes, { metadata: { name: 'n2', labels: { zone: 'b' } } })
  here.discover('role: pod\nattach_metadata: { node: true }\nselectors: [{ role: node, label: zone=a }]')
  await here.until(() => expect(here.told).toEqual([[]]))
  here.server.put(nodes, { metadata: { name: 'n1', labels: { zone: 'b' } } })
  here.server.put(nodes, { metadata: { name: 'n1', labels: { zone: 'a' }, annotations: { 'x/y': 'z' } } })
  await here.until(() => expect(here.targets).toHaveLength(4))
  for (const target of here.targets) {
    expect(shortened(target)).toMatchObject({
      node_name: 'n1',
      node_label_zone: 'a',
      node_labelpresent_zone: 'true',
      node_annotation_x_y: 'z',
      node_annotationpresent_x_y: 'true',
    })
  }
  here.server.remove(nodes, 'n1')
  await here.untilAddresses()
})
