import type { V1Endpoint, V1EndpointSlice, V1OwnerReference } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource, type AddSample } from '../state-resource.ts'

type Endpoint = Partial<Wire<V1Endpoint>>
/** What is required is read as what may be missing, as everything else is. */
type EndpointSlice = Pick<ApiObject<V1EndpointSlice>, 'metadata' | 'ports'> & {
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[]
}
const of = family<EndpointSlice>()

/** The label that names the service of a slice. */
const serviceLabel = 'kubernetes.io/service-name'

const endpointCountNaming = {
  name: 'k8s.service.endpoint.count',
  kind: 'gauge',
  unit: '{endpoint}',
  integer: true,
  description: 'Endpoints of a service in this condition.',
  address_type: 'k8s.service.endpoint.address_type',
  condition: 'k8s.service.endpoint.condition',
  zone: 'k8s.service.endpoint.zone',
} as const

/** The service whose endpoints a slice has. */
function serviceOf({ metadata }: EndpointSlice): readonly string[] {
  const references: readonly Wire<V1OwnerReference>[] = metadata.ownerReferences ?? []
  const owner = references.find(({ kind }) => kind === 'Service')
  const name = metadata.labels?.[serviceLabel] ?? owner?.name
  return [
    ...(name === undefined ? [] : ['k8s.service.name', name]),
    ...(owner === undefined ? [] : ['k8s.service.uid', owner.uid]),
  ]
}

/** Conditions as the API means them where they are not said: an endpoint is ready, serves if it is ready, and does not end. */
const conditions: readonly (readonly [condition: string, holds: (of: Endpoint['conditions']) => boolean])[] =
  [
    ['ready', (of) => of?.ready ?? true],
    ['serving', (of) => of?.serving ?? of?.ready ?? true],
    ['terminating', (of) => of?.terminating ?? false],
  ]

function addCounts(
  { addressType = '', endpoints }: EndpointSlice,
  add: AddSample<'address_type' | 'condition' | 'zone'>,
): void {
  const byZone = Map.groupBy(endpoints ?? [], ({ zone = '' }) => zone)
  for (const [zone, inZone] of byZone)
    for (const [condition, holds] of conditions) {
      const count = inZone.filter((endpoint) => holds(endpoint.conditions)).length
      add(count, { address_type: addressType, condition, zone })
    }
}

const said = (value: boolean | undefined): string => (value === undefined ? '' : String(value))

/** Slices of the endpoints of services, as `kube_endpointslice_*`. */
export const endpointSlices = stateResource<EndpointSlice>({
  resource: { group: 'discovery.k8s.io', version: 'v1', name: 'endpointslices', namespaced: true },
  byDefault: true,
  prefix: 'kube_endpointslice',
  label: 'endpointslice',
  attribute: 'k8s.endpointslice',
  otelAttributes: serviceOf,
  semconvAttributes: serviceOf,
  families: [
    of(
      labelFact({
        fact: 'what kind of addresses it has',
        source: 'addressType',
        prometheus: 'kube_endpointslice_info',
        labels: ['addresstype'],
      }),
      ({ addressType = '' }, add) => add(1, { addresstype: addressType }),
    ),
    created('kube_endpointslice'),
    of(
      labelFact({
        fact: 'a zone from which an endpoint is to be used',
        source: 'endpoints[].hints.forZones, and the first address',
        prometheus: 'kube_endpointslice_endpoints_hints',
        labels: ['address', 'for_zone'],
      }),
      ({ endpoints }, add) => {
        for (const { addresses, hints } of endpoints ?? []) {
          const [address] = addresses ?? []
          if (address !== undefined)
            for (const { name } of hints?.forZones ?? []) add(1, { address, for_zone: name })
        }
      },
    ),
    of(
      labelFact({
        fact: 'an address, its conditions, and what is there',
        source: 'endpoints',
        prometheus: 'kube_endpointslice_endpoints',
        labels: [
          'ready',
          'serving',
          'terminating',
          'hostname',
          'targetref_kind',
          'targetref_name',
          'targetref_namespace',
          'endpoint_nodename',
          'endpoint_zone',
          'address',
        ],
      }),
      ({ endpoints }, add) => {
        for (const endpoint of endpoints ?? []) {
          const { conditions: are, hostname = '', targetRef, nodeName = '', zone = '' } = endpoint
          for (const address of endpoint.addresses ?? [])
            add(1, {
              ready: said(are?.ready),
              serving: said(are?.serving),
              terminating: said(are?.terminating),
              hostname,
              targetref_kind: targetRef?.kind ?? '',
              targetref_name: targetRef?.name ?? '',
              targetref_namespace: targetRef?.namespace ?? '',
              endpoint_nodename: nodeName,
              endpoint_zone: zone,
              address,
            })
        }
      },
    ),
    of(
      labelFact({
        fact: 'a port of it',
        source: 'ports',
        prometheus: 'kube_endpointslice_ports',
        labels: ['port_name', 'port_protocol', 'port_number'],
      }),
      ({ ports }, add) => {
        for (const { name = '', protocol = '', port } of ports ?? [])
          add(1, {
            port_name: name,
            port_protocol: protocol,
            port_number: port === undefined ? '' : String(port),
          })
      },
    ),
    of(
      {
        fact: 'endpoints of a service in each condition',
        source: 'endpoints[].conditions and zone; what a slice does not say holds as the API has it',
        by: ['address_type', 'condition', 'zone'],
        otel: { ...endpointCountNaming, enabled: false },
        semconv: endpointCountNaming,
      },
      addCounts,
    ),
  ],
})
