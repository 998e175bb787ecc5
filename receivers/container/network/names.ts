import { metric, type Naming } from '#src/naming/metric.ts'

type Dimension = 'level' | 'interface' | 'direction' | 'statistic'

const counter = { kind: 'counter', integer: true } as const

/** Pods and the node, as the Collector's receiver of the kubelet and the conventions have them. */
const kubelet = (['node', 'pod'] as const).flatMap((level) =>
  (
    [
      ['bytes', 'io', 'By', 'The number of bytes sent and received.'],
      ['errs', 'errors', '{error}', 'Errors of packets sent and received.'],
    ] as const
  ).map(([statistic, name, unit, description]) => ({
    ...counter,
    name: `k8s.${level}.network.${name}`,
    unit,
    description,
    where: { level, statistic },
  })),
)

/** What Docker's receiver of the Collector has, a name for each direction. */
const docker: Naming<Dimension>[] = (
  [
    ['bytes', 'bytes', 'By'],
    ['packets', 'packets', '{packets}'],
    ['errs', 'errors', '{errors}'],
    ['drop', 'dropped', '{packets}'],
  ] as const
).flatMap(([statistic, word, unit]) =>
  (
    [
      ['receive', 'rx'],
      ['transmit', 'tx'],
    ] as const
  ).map(([direction, short]) => ({
    ...counter,
    name: `container.network.io.usage.${short}_${word}`,
    unit,
    description: statistic === 'bytes' ? `Bytes: ${direction}.` : `Packets: ${direction}, ${word}.`,
    interface: 'interface',
    where: { level: 'plain', direction, statistic },
  })),
)

/** What cAdvisor calls a statistic of the kernel. */
const cadvisor = [
  ['bytes', 'bytes'],
  ['packets', 'packets'],
  ['drop', 'packets_dropped'],
  ['errs', 'errors'],
] as const

/** In the kubelet's words: `received`, `receiving`. */
const participles = {
  receive: { done: 'received', doing: 'receiving' },
  transmit: { done: 'transmitted', doing: 'transmitting' },
} as const

function described(statistic: string, direction: 'receive' | 'transmit'): string {
  const { done, doing } = participles[direction]
  if (statistic === 'drop') return `Cumulative count of packets dropped while ${doing}`
  if (statistic === 'errs') return `Cumulative count of errors encountered while ${doing}`
  return `Cumulative count of ${statistic} ${done}`
}

const prometheus: Naming<Dimension>[] = cadvisor.flatMap(([statistic, word]) =>
  (['receive', 'transmit'] as const).map((direction) => ({
    name: `container_network_${direction}_${word}_total`,
    kind: 'counter',
    description: described(statistic, direction),
    interface: 'interface',
    where: { direction, statistic },
  })),
)

const vm: Naming<Dimension>[] = cadvisor.flatMap(([statistic, word]) =>
  (['receive', 'transmit'] as const).map((direction) => ({
    name: `vm_container_network_${direction}_${word}_total`,
    kind: 'counter',
    description: `${described(statistic, direction)}.`,
    interface: 'interface',
    where: { level: ['pod', 'plain'], direction, statistic },
  })),
)

export const networkTraffic = metric({
  fact: 'what the interfaces of a pod, a plain container or the node counted since they were made',
  source: '/proc/PID/net/dev of a process of the pod: once for each pod, whose containers share it',
  by: ['level', 'interface', 'direction', 'statistic'],
  otel: [
    ...kubelet.map((naming) => ({ ...naming, interface: 'interface', direction: 'direction' })),
    ...docker,
  ],
  semconv: [
    ...kubelet.map((naming) => ({
      ...naming,
      interface: 'network.interface.name',
      direction: 'network.io.direction',
    })),
    {
      ...counter,
      name: 'container.network.io',
      unit: 'By',
      description: 'Network bytes for the container.',
      where: { level: 'plain', statistic: 'bytes' },
      interface: 'network.interface.name',
      direction: 'network.io.direction',
    },
  ],
  prometheus,
  vm,
})

/** The statistics of an interface that any vocabulary has. */
export const namedStatistics: ReadonlySet<string> = new Set(cadvisor.map(([statistic]) => statistic))

/** What is measured of networks. */
export const networkNames = [networkTraffic]
