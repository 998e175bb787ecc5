import type { SeededRandom } from '#src/testing/random.ts'
import { conditions, maybe, several, time, type GeneratedKind } from './kind.ts'

const cpus = ['4', '3920m', '64', '0', '1n', '1999u', '0.0005', '1e3'] as const
const sizes = [
  '16Gi',
  '8145436Ki',
  '7.5Gi',
  '123456789012',
  '1e12',
  '8E',
  '1.5Ei',
  '9223372036854775807',
  '0.1',
  '100k',
] as const

function nodeResources(random: SeededRandom): Record<string, string> {
  return {
    cpu: random.pick(cpus),
    memory: random.pick(sizes),
    pods: '110',
    'ephemeral-storage': random.pick(sizes),
    ...maybe(random, 0.5, () => ({ 'hugepages-1Gi': '2Gi', 'hugepages-2Mi': '0' })),
    ...maybe(random, 0.5, () => ({ 'example.com/gpu': '8', 'attachable-volumes-aws-ebs': '25' })),
    ...maybe(random, 0.2, () => ({
      storage: '1Gi',
      'kubernetes.io/batch-cpu': '4',
      'requests.example.com/x': '1',
    })),
  }
}

const nodes: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'nodes', namespaced: false },
  make: (random) => ({
    metadata: {
      labels: Object.fromEntries(
        ['control-plane', 'worker', 'edge-1']
          .filter(() => random.chance(0.5))
          .map((role) => [`node-role.kubernetes.io/${role}`, '']),
      ),
    },
    spec: {
      ...maybe(random, 0.8, () => ({ podCIDR: '10.5.0.0/24', podCIDRs: ['10.5.0.0/24'] })),
      ...maybe(random, 0.8, () => ({ providerID: 'aws:///eu-west-1a/i-1' })),
      ...maybe(random, 0.2, () => ({ unschedulable: true })),
      ...maybe(random, 0.5, () => ({
        taints: several(random, 2, (index) => ({
          key: `example.org/t${index}`,
          effect: random.pick(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
          ...maybe(random, 0.5, () => ({ value: 'yes' })),
        })),
      })),
    },
  }),
  status: (random) => ({
    ...maybe(random, 0.9, () => ({ capacity: nodeResources(random), allocatable: nodeResources(random) })),
    conditions: conditions(random, [
      'Ready',
      'MemoryPressure',
      'DiskPressure',
      'PIDPressure',
      'KernelDeadlock',
    ]),
    addresses: several(random, 3, (index) => ({
      type: random.pick(['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS']),
      address: `10.0.0.${index + 1}`,
    })),
    nodeInfo: {
      machineID: 'm',
      systemUUID: 's-1',
      bootID: 'b',
      kernelVersion: '6.1.0',
      osImage: 'Debian GNU/Linux 12 "bookworm"',
      containerRuntimeVersion: 'containerd://1.7',
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  }),
}

const namespaces: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'namespaces', namespaced: false },
  finalized: 'spec',
  make: () => ({}),
  status: (random, object) => ({
    ...(object['status'] as object),
    conditions: conditions(random, [
      'NamespaceDeletionContentFailure',
      'NamespaceDeletionDiscoveryFailure',
      'NamespaceContentRemaining',
      'example.org/own',
    ]),
  }),
}

const hard = [
  'cpu',
  'requests.memory',
  'limits.cpu',
  'pods',
  'services.loadbalancers',
  'requests.storage',
  'count/deployments.apps',
  'requests.example.com/gpu',
  'fast.storageclass.storage.k8s.io/requests.storage',
] as const

function quota(random: SeededRandom): Record<string, string> {
  const amounts = ['1', '500m', '10Gi', '0', '1.5', '2k'] as const
  const whole = ['1', '0', '2k'] as const
  return Object.fromEntries(
    hard
      .filter(() => random.chance(0.6))
      .map((key) => [
        key,
        random.pick(/^(?:cpu|limits\.cpu|requests\.memory|requests\.storage)$/.test(key) ? amounts : whole),
      ]),
  )
}

const quotas: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'resourcequotas', namespaced: true },
  namespace: 'bounds',
  make: (random) => ({ spec: { hard: quota(random) } }),
  status: (random) => maybe(random, 0.9, () => ({ hard: quota(random), used: quota(random) })),
  change: (random) => ({ spec: { hard: quota(random) } }),
}

const limitRanges: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'limitranges', namespaced: true },
  namespace: 'bounds',
  make: (random) => ({
    spec: {
      limits: [
        {
          type: 'Container',
          ...maybe(random, 0.7, () => ({ min: { cpu: '100m', memory: '16Mi' } })),
          ...maybe(random, 0.7, () => ({ max: { cpu: '2', memory: '1.5Gi', 'ephemeral-storage': '1G' } })),
          ...maybe(random, 0.5, () => ({ default: { cpu: '1' }, defaultRequest: { cpu: '500m' } })),
          ...maybe(random, 0.3, () => ({ maxLimitRequestRatio: { memory: '4' } })),
        },
        ...maybeOne(random, () => ({ type: 'Pod', max: { cpu: '4', 'example.com/gpu': '2' } })),
        ...maybeOne(random, () => ({
          type: 'PersistentVolumeClaim',
          min: { storage: '1Gi' },
          max: { storage: '8Ei' },
        })),
      ],
    },
  }),
}

function maybeOne<Thing>(random: SeededRandom, make: () => Thing): Thing[] {
  return random.chance(0.5) ? [make()] : []
}

const leases: GeneratedKind = {
  resource: { group: 'coordination.k8s.io', version: 'v1', name: 'leases', namespaced: true },
  make: (random) => ({
    ...maybe(random, 0.5, () => ({
      metadata: {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: '00000000-0000-4000-8000-000000000001' },
        ],
      },
    })),
    spec: lease(random),
  }),
  change: (random) => ({ spec: lease(random) }),
}

function lease(random: SeededRandom): object {
  return {
    leaseDurationSeconds: 15,
    ...maybe(random, 0.8, () => ({ holderIdentity: `holder-${random.below(5)}` })),
    ...maybe(random, 0.8, () => ({ renewTime: time(random).replace('Z', '.123456Z') })),
  }
}

/** What bounds or bears others. */
export const clusterKinds: readonly GeneratedKind[] = [nodes, namespaces, quotas, limitRanges, leases]
