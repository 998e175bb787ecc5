import type { V1HTTPIngressPath, V1Ingress } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, resourceVersion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type Ingress = ApiObject<V1Ingress>
const of = family<Ingress>()

/** Where the class stood before it was a field; it counts first. */
const classAnnotation = 'kubernetes.io/ingress.class'

const pathNaming = {
  name: 'kube_ingress_path',
  kind: 'gauge',
  description: 'What is behind a path of a host.',
  host: 'host',
  path: 'path',
  path_type: 'path_type',
} as const

const noBackend = {
  service_name: '',
  service_port: '',
  resource_api_group: '',
  resource_kind: '',
  resource_name: '',
} as const

/** A service, or else an object that the controller knows: a bucket. */
function backendOf({ backend }: Partial<Wire<V1HTTPIngressPath>>) {
  const { service, resource } = backend ?? {}
  if (service)
    return {
      ...noBackend,
      backend: 'service',
      service_name: service.name,
      // A port that has a name has no number, and is 0 as with kube-state-metrics.
      service_port: String(service.port?.number ?? 0),
    }
  return {
    ...noBackend,
    backend: 'resource',
    resource_api_group: resource?.apiGroup ?? '',
    resource_kind: resource?.kind ?? '',
    resource_name: resource?.name ?? '',
  }
}

/** Ingresses, as `kube_ingress_*`. */
export const ingresses = stateResource<Ingress>({
  resource: { group: 'networking.k8s.io', version: 'v1', name: 'ingresses', namespaced: true },
  byDefault: true,
  prefix: 'kube_ingress',
  label: 'ingress',
  attribute: 'k8s.ingress',
  families: [
    of(
      labelFact({
        fact: 'which class it is of',
        source: 'spec.ingressClassName, and the annotation that once bore it; _default where neither says it',
        prometheus: 'kube_ingress_info',
        labels: ['ingressclass'],
      }),
      ({ metadata, spec }, add) =>
        add(1, {
          ingressclass: metadata.annotations?.[classAnnotation] ?? spec?.ingressClassName ?? '_default',
        }),
    ),
    created('kube_ingress'),
    resourceVersion('kube_ingress'),
    of(
      {
        fact: 'what is behind a path of a host',
        source: 'spec.rules[].http.paths',
        by: [
          'host',
          'path',
          'path_type',
          'backend',
          'service_name',
          'service_port',
          'resource_api_group',
          'resource_kind',
          'resource_name',
        ],
        prometheus: [
          {
            ...pathNaming,
            where: { backend: 'service' },
            service_name: 'service_name',
            service_port: 'service_port',
          },
          {
            ...pathNaming,
            where: { backend: 'resource' },
            resource_api_group: 'resource_api_group',
            resource_kind: 'resource_kind',
            resource_name: 'resource_name',
          },
        ],
      },
      ({ spec }, add) => {
        for (const { host = '', http } of spec?.rules ?? [])
          for (const each of http?.paths ?? [])
            add(1, { host, path: each.path ?? '', path_type: each.pathType, ...backendOf(each) })
      },
    ),
    of(
      labelFact({
        fact: 'a host with TLS, and the secret that has its certificate',
        source: 'spec.tls',
        prometheus: 'kube_ingress_tls',
        labels: ['tls_host', 'secret'],
      }),
      ({ spec }, add) => {
        for (const { hosts, secretName = '' } of spec?.tls ?? [])
          for (const host of hosts ?? []) add(1, { tls_host: host, secret: secretName })
      },
    ),
  ],
})
