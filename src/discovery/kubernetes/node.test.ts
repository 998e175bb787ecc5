import { expect, test } from 'vitest'
import { nodes, shortened, TestDiscovery } from './test-discovery.ts'

function node(name: string, addresses: readonly [type: string, address: string][], more: object = {}) {
  return {
    metadata: { name, labels: { zone: 'a' } },
    spec: { providerID: 'cloud://1' },
    status: {
      addresses: addresses.map(([type, address]) => ({ type, address })),
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'KernelDeadlock', status: 'Unknown' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      ...more,
    },
  }
}

test('a node is a target at its kubelet, with the first address of each type, its conditions and its metadata', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(
    nodes,
    node('n1', [
      ['Hostname', 'n1.example.org'],
      ['InternalIP', '192.0.2.1'],
      ['InternalIP', '192.0.2.2'],
    ]),
  )
  here.discover('role: node')
  await here.untilAddresses('192.0.2.1:10250')
  expect(here.targets.map(shortened)).toEqual([
    {
      __address__: '192.0.2.1:10250',
      instance: 'n1',
      node_name: 'n1',
      node_provider_id: 'cloud://1',
      node_label_zone: 'a',
      node_labelpresent_zone: 'true',
      node_condition_ready: 'true',
      node_condition_kerneldeadlock: 'unknown',
      node_address_Hostname: 'n1.example.org',
      node_address_InternalIP: '192.0.2.1',
    },
  ])
})

test.each([
  [['Hostname', 'LegacyHostIP'], 'LegacyHostIP'],
  [['LegacyHostIP', 'ExternalDNS'], 'ExternalDNS'],
  [['ExternalDNS', 'ExternalIP'], 'ExternalIP'],
  [['ExternalIP', 'InternalDNS'], 'InternalDNS'],
  [['InternalDNS', 'InternalIP'], 'InternalIP'],
])('of addresses of the types %j the target has the one of %s', async (types, best) => {
  await using here = await TestDiscovery.start()
  here.server.put(
    nodes,
    node(
      'n',
      types.map((type) => [type, type]),
    ),
  )
  here.discover('role: node')
  await here.until(() => expect(here.addresses).toEqual([`${best}:10250`]))
})

test('a node whose kubelet has no port is there at port 0, and one without addresses is no target', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(nodes, node('six', [['InternalIP', 'fd00::1']], { daemonEndpoints: {} }))
  here.server.put(nodes, node('none', []))
  here.server.put(nodes, { metadata: { name: 'new' } })
  here.discover('role: node')
  await here.until(() => expect(here.addresses).toEqual(['[fd00::1]:0']))
})
