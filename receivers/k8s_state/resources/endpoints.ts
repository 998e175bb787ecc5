import type { V1Endpoints } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, info } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type Endpoints = ApiObject<V1Endpoints>
const of = family<Endpoints>()

/** Endpoints of services, as `kube_endpoint_*`. */
export const endpoints = stateResource<Endpoints>({
  resource: { group: '', version: 'v1', name: 'endpoints', namespaced: true },
  byDefault: true,
  prefix: 'kube_endpoint',
  label: 'endpoint',
  attribute: 'k8s.endpoint',
  families: [
    info('kube_endpoint'),
    created('kube_endpoint'),
    of(
      labelFact({
        fact: 'an address and a port, and whether it is ready',
        source: 'subsets',
        prometheus: 'kube_endpoint_address',
        labels: ['port_protocol', 'port_number', 'port_name', 'ip', 'ready'],
      }),
      ({ subsets }, add) => {
        for (const { ports, addresses, notReadyAddresses } of subsets ?? [])
          for (const { protocol = '', port, name = '' } of ports ?? []) {
            const ofPort = { port_protocol: protocol, port_number: String(port), port_name: name }
            for (const { ip } of addresses ?? []) add(1, { ...ofPort, ip, ready: 'true' })
            for (const { ip } of notReadyAddresses ?? []) add(1, { ...ofPort, ip, ready: 'false' })
          }
      },
    ),
    of(
      labelFact({
        fact: 'a port of it',
        source: 'subsets[].ports',
        prometheus: 'kube_endpoint_ports',
        labels: ['port_name', 'port_protocol', 'port_number'],
      }),
      ({ subsets }, add) => {
        for (const { ports } of subsets ?? [])
          for (const { protocol = '', port, name = '' } of ports ?? [])
            add(1, { port_name: name, port_protocol: protocol, port_number: String(port) })
      },
    ),
    of(
      {
        fact: 'addresses that are ready, and that are not',
        source: 'subsets',
        by: ['ready'],
        vm: {
          name: 'vm_kube_endpoint_addresses',
          kind: 'gauge',
          description: 'Addresses of an endpoint that are ready, and that are not.',
          ready: 'ready',
        },
      },
      ({ subsets }, add) => {
        const count = (list: 'addresses' | 'notReadyAddresses'): number =>
          (subsets ?? []).reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0)
        add(count('addresses'), { ready: 'true' })
        add(count('notReadyAddresses'), { ready: 'false' })
      },
    ),
  ],
})
