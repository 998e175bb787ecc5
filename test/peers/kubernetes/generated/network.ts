import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'
import { maybe, several, type GeneratedKind } from './kind.ts'

const selector = { app: 'web' }

function networking(name: string, namespaced = true): Resource {
  return { group: 'networking.k8s.io', version: 'v1', name, namespaced }
}

const services: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'services', namespaced: true },
  make: (random) => {
    const ports = [{ port: 80 }]
    const kind = random.below(10)
    if (kind === 0) return { spec: { type: 'ExternalName', externalName: 'db.example.org' } }
    // Addresses of a cluster are few, and ports of nodes likewise.
    const address = random.chance(0.1) ? {} : { clusterIP: 'None' }
    if (kind > 1 || 'clusterIP' in address)
      return {
        spec: {
          ...address,
          selector,
          ports,
          ...maybe(random, 0.3, () => ({
            externalIPs: several(random, 2, (index) => `192.0.2.${index + 1}`),
          })),
        },
      }
    return {
      spec: {
        type: 'LoadBalancer',
        selector,
        ports,
        allocateLoadBalancerNodePorts: false,
        externalTrafficPolicy: random.pick(['Local', 'Cluster']),
        ...maybe(random, 0.5, () => ({ loadBalancerIP: '192.0.2.7' })),
      },
    }
  },
  status: (random, object) => {
    if ((object['spec'] as { readonly type?: string }).type !== 'LoadBalancer') return object['status']
    const ingress = several(random, 2, (index) =>
      random.pick<object>([{ ip: `192.0.2.${index + 1}` }, { hostname: `lb-${index}.example.org` }]),
    )
    return { loadBalancer: { ingress } }
  },
}

function ports(random: SeededRandom): object {
  return maybe(random, 0.9, () => ({
    ports: several(
      random,
      2,
      (index) => ({
        name: index === 0 && random.chance(0.3) ? '' : `port-${index}`,
        port: 1000 + index,
        protocol: random.pick(['TCP', 'UDP']),
      }),
      1,
    ).slice(0, random.chance(0.5) ? 1 : 2),
  }))
}

function named(random: SeededRandom): object {
  return {
    ports: several(random, 2, (index) => ({ name: `p${index}`, port: 1000 + index, protocol: 'TCP' }), 1),
  }
}

function addresses(random: SeededRandom, offset: number): object[] {
  return several(random, 3, (index) => ({
    ip: `10.2.${offset}.${index + 1}`,
    ...maybe(random, 0.3, () => ({ hostname: `host-${index}` })),
    ...maybe(random, 0.3, () => ({ targetRef: { kind: 'Pod', namespace: 'shop', name: `pod-${index}` } })),
  }))
}

const endpoints: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'endpoints', namespaced: true },
  make: (random) =>
    maybe(random, 0.85, () => ({
      subsets: several(random, 2, (index) => ({
        addresses: [{ ip: `10.3.${index}.1` }, ...addresses(random, index)],
        ...maybe(random, 0.5, () => ({ notReadyAddresses: addresses(random, 100 + index) })),
        ...(random.chance(0.5) ? maybe(random, 0.7, () => ({ ports: [{ port: 80 }] })) : named(random)),
      })),
    })),
  change: (random) => ({ subsets: [{ addresses: [{ ip: '10.3.9.1' }], ...named(random) }] }),
}

const flags = ['ready', 'serving', 'terminating'] as const

const endpointSlices: GeneratedKind = {
  resource: { group: 'discovery.k8s.io', version: 'v1', name: 'endpointslices', namespaced: true },
  make: (random) => ({
    addressType: 'IPv4',
    endpoints: several(random, 3, (index) => ({
      addresses: [`10.4.0.${index + 1}`],
      conditions: Object.fromEntries(
        flags.filter(() => random.chance(0.7)).map((flag) => [flag, random.chance(0.5)]),
      ),
      ...maybe(random, 0.4, () => ({ hostname: `host-${index}` })),
      ...maybe(random, 0.5, () => ({ nodeName: 'node-1', zone: 'zone-a' })),
      ...maybe(random, 0.5, () => ({
        targetRef: { kind: 'Pod', namespace: 'shop', name: `pod-${index}` },
      })),
    })),
    ...ports(random),
  }),
}

function backend(random: SeededRandom): object {
  return random.pick<object>([
    { service: { name: 'web', port: { number: 80 } } },
    { service: { name: 'web', port: { name: 'http' } } },
    { resource: { apiGroup: 'example.org', kind: 'Bucket', name: 'static' } },
  ])
}

const ingresses: GeneratedKind = {
  resource: networking('ingresses'),
  make: (random) => {
    const classOf = random.below(3)
    return {
      metadata: classOf === 0 ? { annotations: { 'kubernetes.io/ingress.class': 'nginx' } } : {},
      spec: {
        defaultBackend: { service: { name: 'web', port: { number: 80 } } },
        ...(classOf === 1 ? { ingressClassName: 'ingressclasses-1' } : {}),
        ...maybe(random, 0.8, () => ({
          rules: several(random, 2, (index) => ({
            ...maybe(random, 0.8, () => ({ host: `h${index}.example.org` })),
            ...maybe(random, 0.8, () => ({
              http: {
                paths: several(
                  random,
                  2,
                  (each) => ({
                    path: `/p${each}`,
                    pathType: random.pick(['Prefix', 'Exact', 'ImplementationSpecific']),
                    backend: backend(random),
                  }),
                  1,
                ),
              },
            })),
          })),
        })),
        ...maybe(random, 0.5, () => ({
          tls: several(random, 2, (index) => ({
            hosts: several(random, 2, (each) => `t${index}-${each}.example.org`),
            ...maybe(random, 0.7, () => ({ secretName: `tls-${index}` })),
          })),
        })),
      },
    }
  },
  status: (random) => maybe(random, 0.5, () => ({ loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } })),
  change: (_random, object: KubernetesObject) => ({
    spec: { ...(object['spec'] as object), rules: [{ host: 'changed.example.org' }] },
  }),
}

const ingressClasses: GeneratedKind = {
  resource: networking('ingressclasses', false),
  make: (random) => ({ spec: { controller: random.pick(['example.org/nginx', 'example.org/other']) } }),
}

const policies: GeneratedKind = {
  resource: networking('networkpolicies'),
  make: (random) => ({
    spec: {
      podSelector: {},
      ...maybe(random, 0.7, () => ({ ingress: several(random, 3, () => ({})) })),
      ...maybe(random, 0.7, () => ({ egress: several(random, 3, () => ({})) })),
    },
  }),
}

/** Names and ways to reach pods by. */
export const networkKinds: readonly GeneratedKind[] = [
  services,
  endpoints,
  endpointSlices,
  ingresses,
  ingressClasses,
  policies,
]
