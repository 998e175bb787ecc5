import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'

/** A custom resource, and how its objects come about. */
export interface CustomKind {
  readonly resource: Resource
  readonly kind: string
  /** What an object has beside its name, at random. */
  readonly content: (random: SeededRandom) => object
}

const kubevirt = (name: string): Resource => ({ group: 'kubevirt.io', version: 'v1', name, namespaced: true })

/** Those of KubeVirt that tell of machines, one with all kinds of values, and one outside of namespaces. */
export const customKinds: readonly CustomKind[] = [
  { resource: kubevirt('virtualmachines'), kind: 'VirtualMachine', content: virtualMachine },
  { resource: kubevirt('virtualmachineinstances'), kind: 'VirtualMachineInstance', content: instance },
  {
    resource: kubevirt('virtualmachineinstancemigrations'),
    kind: 'VirtualMachineInstanceMigration',
    content: migration,
  },
  {
    resource: { group: 'example.org', version: 'v1', name: 'things', namespaced: true },
    kind: 'Thing',
    content: thing,
  },
  {
    resource: { group: 'example.org', version: 'v1', name: 'zones', namespaced: false },
    kind: 'Zone',
    content: thing,
  },
]

/** The definition of a custom resource, served in two versions, whose objects may have any fields. */
export function definitionOf({ resource, kind }: CustomKind): object {
  const { group, name, namespaced } = resource
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${name}.${group}` },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { plural: name, singular: kind.toLowerCase(), kind },
      versions: [
        { name: 'v1', served: true, storage: true, schema },
        { name: 'v1beta1', served: true, storage: false, schema },
      ],
    },
  }
}

/** A field that is there so often. */
function maybe(random: SeededRandom, name: string, value: unknown, probability = 0.8): object {
  return random.chance(probability) ? { [name]: value } : {}
}

function time(random: SeededRandom): string {
  return new Date(1_700_000_000_000 + random.below(1e7) * 1000).toISOString().replace('.000', '')
}

function conditions(random: SeededRandom, types: readonly string[]): object[] {
  return types
    .filter(() => random.chance(0.7))
    .map((type) => ({ type, status: random.pick(['True', 'False', 'Unknown']) }))
}

function virtualMachine(random: SeededRandom): object {
  const memory = { guest: random.pick(['2Gi', '512Mi', '1.5Gi', '4096M', '100k']) }
  const status = {
    ...maybe(random, 'ready', random.chance(0.5)),
    ...maybe(random, 'conditions', conditions(random, ['Ready', 'Paused', 'RestartRequired'])),
    printableStatus: random.pick(['Stopped', 'Running', 'Starting', 'CrashLoopBackOff', 'NeverHeardOf']),
  }
  return {
    spec: {
      ...maybe(random, 'runStrategy', random.pick(['Always', 'Halted', 'Manual'])),
      ...maybe(random, 'instancetype', { name: random.pick(['small', 'large']), kind: 'k' }, 0.5),
      template: { spec: { domain: maybe(random, 'memory', memory) } },
    },
    status,
  }
}

function instance(random: SeededRandom): object {
  const phases = ['Pending', 'Scheduling', 'Scheduled', 'Running'].filter(() => random.chance(0.6))
  const guest = { prettyName: 'Fedora "40"', kernelRelease: `6.${random.below(12)}` }
  const address = `10.0.${random.below(256)}.${random.below(256)}`
  return {
    spec: {},
    status: {
      phase: random.pick(['Pending', 'Running', 'Failed', 'Unknown']),
      ...maybe(random, 'nodeName', `node-${random.below(3)}`),
      ...maybe(random, 'guestOSInfo', random.chance(0.7) ? guest : {}),
      ...maybe(random, 'conditions', conditions(random, ['Ready', 'LiveMigratable'])),
      phaseTransitionTimestamps: phases.map((phase) => ({ phase, phaseTransitionTimestamp: time(random) })),
      ...maybe(random, 'currentCPUTopology', { sockets: random.below(4), cores: 1, threads: 2 }),
      ...maybe(random, 'memory', { guestAtBoot: '1Gi', guestCurrent: '700m', guestRequested: '2Gi' }),
      interfaces: [
        { name: 'default', ipAddress: address, mac: '02:00:00:00:00:01' },
        { name: 'second', mac: '02:00:00:00:00:02' },
      ],
      volumeStatus: [
        { name: 'root', target: 'vda', size: random.below(1e9) },
        { name: 'cloudinit', target: 'vdb' },
      ],
    },
  }
}

function migration(random: SeededRandom): object {
  const state = {
    sourceNode: 'node-1',
    startTimestamp: time(random),
    ...maybe(random, 'endTimestamp', time(random)),
  }
  return {
    spec: { vmiName: `vmi-${random.below(5)}` },
    status: {
      ...maybe(random, 'phase', random.pick(['Pending', 'Running', 'Succeeded', 'Failed'])),
      ...maybe(random, 'migrationState', state),
    },
  }
}

/** Values that look like numbers, or nearly. */
const numbers: readonly unknown[] = [
  [0, 1, -3, 43.21, 1e-7, 123_456_789_012, true, false],
  [
    '12',
    '0.25',
    '250m',
    '700m',
    '1.5Gi',
    '3Ki',
    '1e3',
    '5E',
    '100n',
    '0.1n',
    '28%',
    '007',
    '-2k',
    '+4',
    '.5',
    '5.',
  ],
  ['true', 'No', 'unknown', 'Yes', 'NaN', 'inf', '-Infinity'],
  ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.75+05:30'],
  ['1,5', '', 'many', '12 m', '0x10', '1.5%'],
].flat()

function thing(random: SeededRandom): object {
  const number = (): unknown => numbers[random.below(numbers.length)]
  const texts = ['a', 'B/c', 'with "quotes"', 'back\\slash', 'Ünïcode', '']
  const text = (): string => texts[random.below(texts.length)] ?? ''
  return {
    spec: {
      ...maybe(random, 'replicas', number()),
      ...maybe(random, 'paused', number(), 0.5),
      order: [
        { id: 1, value: true },
        { id: 3, value: random.chance(0.5) },
        { id: 'x', value: number() },
      ],
      refs: [text(), 'fixed', random.below(1e6), 1.5, true],
      mode: random.pick(['Auto', 'Off', 'Recreate']),
      nested: { list: [1, 'a', { deep: [true] }], map: { b: 1, a: 'x y' }, float: 0.000012, big: 1e21 },
    },
    status: {
      active: { 'type-a': number(), 'type-b': number(), 'type.c': 3 },
      sub: { 'type-a': { active: text(), ready: number() }, 'type-b': { ready: number() }, other: 'text' },
      values: [{ name: 'a', value: number() }, { name: 'b', value: number() }, { name: 'c' }],
      ...maybe(random, 'conditions', conditions(random, ['Ready', 'Synced'])),
      states: [
        { zone: 'one', state: random.pick(['on', 'off']) },
        { zone: 'two', state: 'off' },
      ],
      share: `${random.below(100)}%`,
    },
  }
}
