import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { nodes } from './nodes.ts'

const node = {
  metadata: {
    name: 'node-1',
    uid: 'n1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
    labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/os': 'linux' },
  },
  spec: {
    podCIDR: '10.1.0.0/24',
    podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'],
    providerID: 'kind://docker/a/node-1',
    unschedulable: true,
    taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
  },
  status: {
    capacity: {
      cpu: '4',
      'ephemeral-storage': '10Gi',
      'hugepages-2Mi': '0',
      memory: '16384Ki',
      pods: '110',
      'example.com/foo': '3',
      'attachable-volumes-csi-x': '20',
      unknown: '1',
    },
    allocatable: { cpu: '3900m', memory: '16000Ki', 'ephemeral-storage': '9Gi', storage: '1Gi', pods: '110' },
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: 'True' },
      { type: 'KernelDeadlock', status: 'Unknown' },
    ],
    addresses: [
      { type: 'InternalIP', address: '10.0.0.9' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'Hostname', address: 'node-1' },
    ],
    nodeInfo: {
      kernelVersion: '6.1.0',
      osImage: 'Debian GNU/Linux 12',
      containerRuntimeVersion: 'containerd://2.1.0',
      kubeletVersion: 'v1.34.4',
      systemUUID: '4c4c',
    },
  },
}

test.each(['prometheus', 'otel', 'semconv', 'vm'] as const)(
  'a node is told in the words of %s',
  async (naming) => {
    await expect(`${tell(nodes, node, { naming }).join('\n')}\n`).toMatchFileSnapshot(
      `golden/nodes-${naming}.txt`,
    )
  },
)

test('a node of which nothing is known yet takes pods, and the Collector does not know whether it is ready', () => {
  expect(tell(nodes, {})).toEqual([
    'kube_node_info{container_runtime_version="", internal_ip="", kernel_version="", kubelet_version="", kubeproxy_version="deprecated", node="it", os_image="", pod_cidr="", provider_id="", system_uuid=""} 1',
    'kube_node_spec_unschedulable{node="it"} 0',
  ])
  expect(tell(nodes, {}, { naming: 'otel' })[0]).toBe(
    'k8s.node.condition_ready{} -1 [k8s.node.name="it", k8s.node.uid="u1"]',
  )
})
