import type { V1Service } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, deletion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type Service = ApiObject<V1Service>
const of = family<Service>()

const typeOf = ({ spec }: Service): readonly string[] => ['k8s.service.type', spec?.type ?? '']

const ingressCountNaming = {
  name: 'k8s.service.load_balancer.ingress.count',
  kind: 'gauge',
  unit: '{ingress}',
  integer: true,
  description: 'Addresses that its load balancer has got.',
} as const

/** Services, as `kube_service_*`. */
export const services = stateResource<Service>({
  resource: { group: '', version: 'v1', name: 'services', namespaced: true },
  byDefault: true,
  prefix: 'kube_service',
  label: 'service',
  labelsUid: true,
  attribute: 'k8s.service',
  otelAttributes: typeOf,
  semconvAttributes: typeOf,
  families: [
    of(
      {
        fact: 'where it is reached',
        source: 'spec',
        by: ['cluster_ip', 'external_name', 'load_balancer_ip', 'external_traffic_policy'],
        prometheus: {
          name: 'kube_service_info',
          kind: 'gauge',
          description: 'Where it is reached.',
          cluster_ip: 'cluster_ip',
          external_name: 'external_name',
          load_balancer_ip: 'load_balancer_ip',
          external_traffic_policy: 'external_traffic_policy',
        },
        vm: {
          name: 'vm_kube_service_info',
          kind: 'gauge',
          description: 'Where a service is reached.',
          cluster_ip: 'cluster_ip',
          external_name: 'external_name',
        },
      },
      ({ spec }, add) =>
        add(1, {
          cluster_ip: spec?.clusterIP ?? '',
          external_name: spec?.externalName ?? '',
          load_balancer_ip: spec?.loadBalancerIP ?? '',
          external_traffic_policy: spec?.externalTrafficPolicy ?? '',
        }),
    ),
    created('kube_service'),
    deletion('kube_service'),
    of(
      labelFact({
        fact: 'who can reach it',
        source: 'spec.type',
        prometheus: 'kube_service_spec_type',
        labels: ['type'],
      }),
      ({ spec }, add) => add(1, { type: spec?.type ?? '' }),
    ),
    of(
      labelFact({
        fact: 'an address from outside that leads to it',
        source: 'spec.externalIPs',
        prometheus: 'kube_service_spec_external_ip',
        labels: ['external_ip'],
      }),
      ({ spec }, add) => {
        for (const address of spec?.externalIPs ?? []) add(1, { external_ip: address })
      },
    ),
    of(
      labelFact({
        fact: 'an address that its load balancer has got',
        source: 'status.loadBalancer.ingress',
        prometheus: 'kube_service_status_load_balancer_ingress',
        labels: ['ip', 'hostname'],
      }),
      ({ status }, add) => {
        for (const { ip = '', hostname = '' } of status?.loadBalancer?.ingress ?? []) add(1, { ip, hostname })
      },
    ),
    of(
      {
        fact: 'addresses that its load balancer has got',
        source: 'status.loadBalancer.ingress; only of type LoadBalancer',
        by: [],
        otel: { ...ingressCountNaming, enabled: false },
        semconv: ingressCountNaming,
      },
      ({ spec, status }) =>
        spec?.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress?.length ?? 0) : undefined,
    ),
  ],
})
