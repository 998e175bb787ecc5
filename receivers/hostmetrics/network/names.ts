import { metric } from '#src/naming/metric.ts'

const counter = { kind: 'counter', integer: true } as const
const otelInterface = { device: 'device', direction: 'direction' } as const
const semconvInterface = { device: 'network.interface.name', direction: 'network.io.direction' } as const

export const networkStatistic = metric({
  fact: 'what a network interface counted since it was made, by direction: bytes, packets, errs, drop, ...',
  source: '/proc/net/dev',
  by: ['device', 'direction', 'statistic'],
  otel: [
    {
      ...counter,
      ...otelInterface,
      where: { statistic: 'bytes' },
      name: 'system.network.io',
      unit: 'By',
      description: 'The number of bytes transmitted and received.',
    },
    {
      ...counter,
      ...otelInterface,
      where: { statistic: 'packets' },
      name: 'system.network.packets',
      unit: '{packets}',
      description: 'The number of packets transferred.',
    },
    {
      ...counter,
      ...otelInterface,
      where: { statistic: 'errs' },
      name: 'system.network.errors',
      unit: '{errors}',
      description: 'The number of errors encountered.',
    },
    {
      ...counter,
      ...otelInterface,
      where: { statistic: 'drop' },
      name: 'system.network.dropped',
      unit: '{packets}',
      description: 'The number of packets dropped.',
    },
  ],
  semconv: [
    {
      ...counter,
      ...semconvInterface,
      where: { statistic: 'bytes' },
      name: 'system.network.io',
      unit: 'By',
      description: 'The number of bytes transmitted and received.',
    },
    {
      ...counter,
      // The one of the four that the conventions still tell apart by `system.device`.
      device: 'system.device',
      direction: 'network.io.direction',
      where: { statistic: 'packets' },
      name: 'system.network.packet.count',
      unit: '{packet}',
      description: 'The number of packets transferred.',
    },
    {
      ...counter,
      ...semconvInterface,
      where: { statistic: 'errs' },
      name: 'system.network.errors',
      unit: '{error}',
      description: 'Count of network errors detected.',
    },
    {
      ...counter,
      ...semconvInterface,
      where: { statistic: 'drop' },
      name: 'system.network.packet.dropped',
      unit: '{packet}',
      description: 'Count of packets that are dropped or discarded even though there was no error.',
    },
  ],
  prometheus: {
    name: 'node_network_{direction}_{statistic}_total',
    kind: 'counter',
    description: 'Network device statistic {direction}_{statistic}.',
    device: 'device',
  },
  vm: {
    where: { statistic: 'bytes' },
    name: 'vm_node_network_bytes_total',
    kind: 'counter',
    description: 'Bytes received and transmitted by each network interface.',
    device: 'device',
    direction: 'direction',
  },
})

export const unhandledPackets = metric({
  fact: 'packets that came by an interface for a protocol that nobody handles',
  source: '/sys/class/net/*/statistics/rx_nohandler',
  by: ['device'],
  prometheus: {
    name: 'node_network_receive_nohandler_total',
    kind: 'counter',
    description: 'Network device statistic receive_nohandler.',
    device: 'device',
  },
})

export const connections = metric({
  fact: 'number of connections by protocol and state, all states of TCP each time',
  source: '/proc/net/tcp, /proc/net/tcp6',
  by: ['protocol', 'state'],
  otel: {
    name: 'system.network.connections',
    unit: '{connections}',
    kind: 'updowncounter',
    integer: true,
    description: 'The number of connections.',
    protocol: 'protocol',
    state: {
      as: 'state',
      values: {
        closed: 'CLOSE',
        close_wait: 'CLOSE_WAIT',
        closing: 'CLOSING',
        established: 'ESTABLISHED',
        fin_wait_1: 'FIN_WAIT1',
        fin_wait_2: 'FIN_WAIT2',
        last_ack: 'LAST_ACK',
        listen: 'LISTEN',
        syn_received: 'SYN_RECV',
        syn_sent: 'SYN_SENT',
        time_wait: 'TIME_WAIT',
      },
    },
  },
  semconv: {
    name: 'system.network.connection.count',
    unit: '{connection}',
    kind: 'updowncounter',
    integer: true,
    description: 'The number of connections.',
    protocol: 'network.transport',
    state: 'network.connection.state',
  },
})

const conntrackEntries = {
  unit: '{entries}',
  kind: 'updowncounter',
  integer: true,
  enabled: false,
} as const

export const conntrackCount = metric({
  fact: 'entries in the table of tracked connections',
  source: '/proc/sys/net/netfilter/nf_conntrack_count',
  by: [],
  otel: {
    ...conntrackEntries,
    name: 'system.network.conntrack.count',
    description: 'The count of entries in conntrack table.',
  },
  prometheus: {
    name: 'node_nf_conntrack_entries',
    kind: 'gauge',
    enabled: false,
    description: 'Number of currently allocated flow entries for connection tracking.',
  },
})

export const conntrackLimit = metric({
  fact: 'entries that fit into the table of tracked connections',
  source: '/proc/sys/net/netfilter/nf_conntrack_max',
  by: [],
  otel: {
    ...conntrackEntries,
    name: 'system.network.conntrack.max',
    description: 'The limit for entries in the conntrack table.',
  },
  prometheus: {
    name: 'node_nf_conntrack_entries_limit',
    kind: 'gauge',
    enabled: false,
    description: 'Maximum size of connection tracking table.',
  },
})

export const interfaceUp = metric({
  fact: '1 for an interface whose operational state is up, else 0',
  source: '/sys/class/net/*/operstate',
  by: ['device'],
  prometheus: {
    name: 'node_network_up',
    kind: 'gauge',
    description: "Value is 1 if operstate is 'up', 0 otherwise.",
    device: 'device',
  },
})

export const interfaceInfo = metric({
  fact: '1 for each interface, with what is known of it as text',
  source: '/sys/class/net/*/{address,broadcast,duplex,operstate,ifalias}',
  by: ['device', 'address', 'broadcast', 'duplex', 'operstate', 'ifalias'],
  prometheus: {
    name: 'node_network_info',
    kind: 'gauge',
    description: 'Non-numeric data from /sys/class/net/<iface>, value is always 1.',
    device: 'device',
    address: 'address',
    broadcast: 'broadcast',
    duplex: 'duplex',
    operstate: 'operstate',
    ifalias: 'ifalias',
  },
})

const property = { description: 'Network device property: {property}', device: 'device' } as const

export const interfaceProperty = metric({
  fact: 'a property of an interface, named as node_exporter spells it; speed is in bytes a second',
  source: '/sys/class/net/*',
  by: ['device', 'property'],
  prometheus: { ...property, name: 'node_network_{property}', kind: 'gauge' },
})

export const interfaceChanges = metric({
  fact: 'how often the carrier of an interface changed: at all, to up, to down',
  source: '/sys/class/net/*/carrier_changes, carrier_up_count, carrier_down_count',
  by: ['device', 'property'],
  prometheus: { ...property, name: 'node_network_{property}', kind: 'counter' },
})

/** What is told of interfaces themselves. */
export const interfaceNames = [interfaceUp, interfaceInfo, interfaceProperty, interfaceChanges]

export const networkNames = [
  networkStatistic,
  unhandledPackets,
  connections,
  conntrackCount,
  conntrackLimit,
  ...interfaceNames,
]
