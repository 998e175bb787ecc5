import { metric, type Naming } from '#src/naming/metric.ts'
import { atLevels, type NamedLevel } from './level.ts'

type Network = 'interface' | 'direction'

const levels: readonly NamedLevel[] = ['node', 'pod']
const directions = { receive: 'receive', transmit: 'transmit' } as const
const collector = { interface: 'interface', direction: 'direction' } as const
const current = { interface: 'network.interface.name', direction: 'network.io.direction' } as const

/** cAdvisor's names of a pod's network: one a direction. */
function cadvisor(what: string, words: string): Naming<'level' | Network>[] {
  return Object.values(directions).map((direction) => ({
    where: { level: 'pod', direction },
    name: `container_network_${direction}_${what}_total`,
    kind: 'counter',
    description: `Cumulative count of ${words} ${direction === 'receive' ? 'received' : 'transmitted'}`,
    interface: 'interface',
  }))
}

export const networkIo = metric({
  fact: 'bytes that an interface moved since the start',
  source: 'network.rxBytes, network.txBytes',
  by: ['level', 'interface', 'direction'],
  otel: atLevels<Network>(
    'network.io',
    { kind: 'counter', unit: 'By', integer: true, description: 'Network IO', ...collector },
    levels,
  ),
  semconv: atLevels<Network>(
    'network.io',
    { kind: 'counter', unit: 'By', integer: true, description: 'Network bytes.', ...current },
    levels,
  ),
  prometheus: cadvisor('bytes', 'bytes'),
})

export const networkErrors = metric({
  fact: 'errors of an interface since the start',
  source: 'network.rxErrors, network.txErrors',
  by: ['level', 'interface', 'direction'],
  otel: atLevels<Network>(
    'network.errors',
    { kind: 'counter', unit: '1', integer: true, description: 'Network errors', ...collector },
    levels,
  ),
  semconv: atLevels<Network>(
    'network.errors',
    { kind: 'counter', unit: '{error}', integer: true, description: 'Network errors.', ...current },
    levels,
  ),
  prometheus: cadvisor('errors', 'errors'),
})

/** What there is of networks. */
export const networkNames = [networkIo, networkErrors]
