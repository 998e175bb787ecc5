import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import type { KubernetesCluster } from './kubernetes-cluster.ts'

function resource(group: string, name: string, namespaced = true): Resource {
  return { group, version: 'v1', name, namespaced }
}

const resources = {
  Namespace: resource('', 'namespaces', false),
  Node: resource('', 'nodes', false),
  Pod: resource('', 'pods'),
  Service: resource('', 'services'),
  Endpoints: resource('', 'endpoints'),
  EndpointSlice: resource('discovery.k8s.io', 'endpointslices'),
  Ingress: resource('networking.k8s.io', 'ingresses'),
  ReplicaSet: resource('apps', 'replicasets'),
  Job: resource('batch', 'jobs'),
} as const satisfies Record<string, Resource>

type Kind = keyof typeof resources

interface Wish {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown }
  readonly status?: object
  readonly [field: string]: unknown
}

interface Change {
  readonly metadata?: object
  readonly status?: object
  readonly [field: string]: unknown
}

/** The objects of a cluster that nobody runs: what its controllers and kubelets would say is said here. */
export class DiscoveredObjects {
  readonly #cluster: KubernetesCluster
  /** By the name that a test calls them by. */
  readonly #made = new Map<string, { readonly kind: Kind; readonly object: KubernetesObject }>()

  constructor(cluster: KubernetesCluster) {
    this.#cluster = cluster
  }

  /** Makes an object, with its status. */
  async create(called: string, [kind, wish]: readonly [Kind, Wish]): Promise<void> {
    const of = resources[kind]
    const apiVersion = of.group === '' ? of.version : `${of.group}/${of.version}`
    const object = await this.#cluster.create(of, { apiVersion, kind, ...wish }, wish.metadata.namespace)
    await this.#finish(called, kind, object, wish.status)
  }

  /** Changes an object: what is said takes the place of what it had. */
  async change(called: string, { metadata, ...wish }: Change): Promise<void> {
    const { kind, object } = this.#find(called)
    const wanted = { ...object, ...wish, metadata: { ...object.metadata, ...metadata } }
    await this.#finish(called, kind, await this.#cluster.replace(resources[kind], wanted), wish.status)
  }

  async remove(called: string): Promise<void> {
    const { kind, object } = this.#find(called)
    await this.#cluster.remove(resources[kind], object.metadata.name, object.metadata.namespace)
  }

  #find(called: string) {
    const found = this.#made.get(called)
    if (found === undefined) throw new Error(`there is no object ${called}`)
    return found
  }

  /** The status of an object is set by itself. */
  async #finish(
    called: string,
    kind: Kind,
    made: KubernetesObject,
    wanted: object | undefined,
  ): Promise<void> {
    const { name, namespace } = made.metadata
    const path = `${pathOf(resources[kind], namespace)}/${name}/status`
    const object =
      wanted === undefined
        ? made
        : ((await this.#cluster.send('PUT', path, { ...made, status: wanted })) as KubernetesObject)
    this.#made.set(called, { kind, object })
  }
}

const owner = (apiVersion: string, kind: string, name: string) => [
  { apiVersion, kind, name, uid: `${kind.toLowerCase()}-${name}`, controller: true },
]

const template = (labels: object) => ({
  metadata: { labels },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.org/main:1' }] },
})

/** The status of a pod. */
export function podStatus(podIP: string, phase: string, ready: 'True' | 'False') {
  const container = { image: 'main', imageID: '', ready: ready === 'True', restartCount: 0 }
  return {
    phase,
    podIP,
    hostIP: '192.0.2.1',
    conditions: [{ type: 'Ready', status: ready }],
    containerStatuses: [{ ...container, name: 'main', containerID: `containerd://${podIP}` }],
  }
}

function node(
  name: string,
  labels: Readonly<Record<string, string>>,
  addresses: readonly [string, string][],
): Wish {
  return {
    metadata: { name, labels, annotations: { 'example.org/rack': `rack of ${name}` } },
    spec: { providerID: `cloud://${name}` },
    status: {
      addresses: addresses.map(([type, address]) => ({ type, address })),
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'DiskPressure', status: 'Unknown' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  }
}

/** How endpoints refer to a pod of the shop. */
export function podReference(name: string) {
  return { kind: 'Pod', namespace: 'shop', name }
}

/** The objects of a small cluster, by a name of its own each: some of every kind, and of every case that the roles tell apart. */
export const smallCluster: Readonly<Record<string, readonly [Kind, Wish]>> = {
  shop: [
    'Namespace',
    { metadata: { name: 'shop', labels: { team: 'retail' }, annotations: { 'example.org/owner': 'x' } } },
  ],
  other: ['Namespace', { metadata: { name: 'other' } }],
  n1: [
    'Node',
    node('n1', { zone: 'a' }, [
      ['Hostname', 'n1.example.org'],
      ['InternalIP', '192.0.2.1'],
      ['InternalIP', '192.0.2.101'],
    ]),
  ],
  n2: [
    'Node',
    node('n2', { zone: 'c', old: '' }, [
      ['InternalIP', 'fd00::2'],
      ['ExternalDNS', 'n2.example.org'],
    ]),
  ],
  n3: ['Node', node('n3', { zone: 'c' }, [['Hostname', 'n3']])],
  replicaSet: [
    'ReplicaSet',
    {
      metadata: { name: 'web-5d', namespace: 'shop', ownerReferences: owner('apps/v1', 'Deployment', 'web') },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', image: 'example.org/main:1' }] },
        },
      },
    },
  ],
  job: [
    'Job',
    {
      metadata: {
        name: 'backup-1',
        namespace: 'other',
        ownerReferences: owner('batch/v1', 'CronJob', 'backup'),
      },
      spec: { template: template({ app: 'backup' }) },
    },
  ],
  web1: [
    'Pod',
    {
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        labels: { app: 'web', 'app.kubernetes.io/part-of': 'shop', empty: '' },
        annotations: { 'example.org/build': '1.2/3' },
        ownerReferences: owner('apps/v1', 'ReplicaSet', 'web-5d'),
      },
      spec: {
        nodeName: 'n1',
        containers: [
          {
            name: 'main',
            image: 'example.org/web:1',
            ports: [
              { name: 'http', containerPort: 8080 },
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
            ],
          },
          { name: 'side', image: 'example.org/side:1' },
        ],
        initContainers: [{ name: 'setup', image: 'example.org/setup:1', ports: [{ containerPort: 9000 }] }],
      },
      status: podStatus('10.1.0.1', 'Running', 'True'),
    },
  ],
  web2: [
    'Pod',
    {
      metadata: {
        name: 'web-2',
        namespace: 'shop',
        labels: { app: 'web' },
        ownerReferences: owner('apps/v1', 'ReplicaSet', 'gone'),
      },
      spec: {
        nodeName: 'n2',
        containers: [
          { name: 'main', image: 'example.org/web:1', ports: [{ name: 'http', containerPort: 8080 }] },
        ],
      },
      status: podStatus('fd00:1::2', 'Running', 'False'),
    },
  ],
  waiting: [
    'Pod',
    {
      metadata: { name: 'waiting', namespace: 'shop', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'example.org/web:1', ports: [{ containerPort: 8080 }] }] },
    },
  ],
  backup: [
    'Pod',
    {
      metadata: {
        name: 'backup-1-x',
        namespace: 'other',
        labels: { app: 'backup' },
        ownerReferences: owner('batch/v1', 'Job', 'backup-1'),
      },
      spec: { nodeName: 'n3', containers: [{ name: 'main', image: 'example.org/backup:1' }] },
      status: podStatus('10.1.0.3', 'Succeeded', 'False'),
    },
  ],
  service: [
    'Service',
    {
      metadata: {
        name: 'web',
        namespace: 'shop',
        labels: { app: 'web' },
        annotations: { 'prometheus.io/probe': 'true' },
      },
      spec: {
        selector: { app: 'web' },
        ipFamilyPolicy: 'PreferDualStack',
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    },
  ],
  balanced: [
    'Service',
    {
      metadata: { name: 'balanced', namespace: 'other' },
      spec: { type: 'LoadBalancer', ports: [{ port: 443 }] },
      status: {
        loadBalancer: {
          ingress: [{ ip: '192.0.2.50' }, { hostname: 'lb.example.org' }, { ip: '192.0.2.51' }],
        },
      },
    },
  ],
  external: [
    'Service',
    {
      metadata: { name: 'external', namespace: 'other' },
      spec: { type: 'ExternalName', externalName: 'db.example.org', ports: [{ port: 5432 }] },
    },
  ],
  headless: [
    'Service',
    { metadata: { name: 'headless', namespace: 'other' }, spec: { clusterIP: 'None', ports: [{ port: 9 }] } },
  ],
  endpoints: [
    'Endpoints',
    {
      metadata: { name: 'web', namespace: 'shop', labels: { from: 'test' } },
      subsets: [
        {
          addresses: [
            { ip: '10.1.0.1', nodeName: 'n1', hostname: 'web-1', targetRef: podReference('web-1') },
            { ip: '10.1.0.9' },
            { ip: '192.0.2.3', targetRef: { kind: 'Node', name: 'n3' } },
          ],
          notReadyAddresses: [{ ip: 'fd00:1::2', nodeName: 'n2', targetRef: podReference('web-2') }],
          ports: [
            { name: 'http', port: 8080 },
            { name: 'other', port: 7070 },
          ],
        },
        {
          addresses: [{ ip: '10.1.0.77', targetRef: podReference('unknown') }],
          ports: [{ port: 53, protocol: 'UDP' }],
        },
      ],
    },
  ],
  loneEndpoints: [
    'Endpoints',
    {
      metadata: { name: 'lone', namespace: 'other' },
      subsets: [{ addresses: [{ ip: '192.0.2.80' }], ports: [{ port: 1 }] }],
    },
  ],
  slice: [
    'EndpointSlice',
    {
      metadata: { name: 'web-a', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
        { name: 'odd', port: 7070 },
      ],
      endpoints: [
        {
          addresses: ['10.1.0.1'],
          nodeName: 'n1',
          zone: 'a',
          hostname: 'web-1',
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: podReference('web-1'),
        },
        { addresses: ['10.1.0.9'], conditions: { ready: false } },
        { addresses: ['192.0.2.3'], nodeName: 'n1', targetRef: { kind: 'Node', name: 'n3' } },
      ],
    },
  ],
  secondSlice: [
    'EndpointSlice',
    {
      metadata: { name: 'web-b', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv6',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [{ addresses: ['fd00:1::2'], targetRef: podReference('web-2') }],
    },
  ],
  looseSlice: [
    'EndpointSlice',
    {
      metadata: { name: 'loose', namespace: 'other' },
      addressType: 'IPv4',
      ports: [{ name: 'all' }],
      endpoints: [{ addresses: ['10.1.0.20'] }],
    },
  ],
  emptySlice: [
    'EndpointSlice',
    { metadata: { name: 'empty', namespace: 'other' }, addressType: 'IPv4', endpoints: [] },
  ],
  ingress: [
    'Ingress',
    {
      metadata: { name: 'front', namespace: 'shop', labels: { app: 'web' } },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['*.shop.example.org'] }],
        rules: [
          { host: 'www.shop.example.org', http: { paths: [pathTo('/'), pathTo('/cart')] } },
          { host: 'a.b.shop.example.org', http: { paths: [pathTo('/')] } },
          { host: 'bare.example.org' },
          { http: { paths: [pathTo('/any')] } },
        ],
      },
    },
  ],
}

function pathTo(path: string) {
  return { path, pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }
}

/** A pod that says by annotations how it is scraped: at a port of this machine, and not at the one that it declares. */
export function annotatedPod(port: number): readonly [Kind, Wish] {
  return [
    'Pod',
    {
      metadata: {
        name: 'annotated',
        namespace: 'other',
        labels: { app: 'annotated' },
        annotations: {
          'prometheus.io/scrape': 'true',
          'prometheus.io/port': String(port),
          'prometheus.io/path': '/stats',
          'prometheus.io/param_part': 'all',
        },
      },
      spec: {
        nodeName: 'n1',
        initContainers: [{ name: 'setup', image: 'example.org/setup:1' }],
        containers: [{ name: 'main', image: 'example.org/main:1', ports: [{ containerPort: 1 }] }],
      },
      status: podStatus('127.0.0.1', 'Running', 'True'),
    },
  ]
}
