import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customResourceDefinitions } from '../../../receivers/k8s_state/custom/definitions.ts'
import { statefulSets } from '#src/kubernetes/stateful-set-shard.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { manifestsIn, type RoleManifest } from '#src/testing/role-manifests.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { WeirProcess } from '../../weir-process.ts'
import { customKinds, definitionOf } from './custom-objects.ts'
import { KubernetesCluster } from './kubernetes-cluster.ts'

const account = { namespace: 'monitoring', name: 'agent' }
const user = `system:serviceaccount:${account.namespace}:${account.name}`

/** All that account asks is written down, before and after it is answered. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
}

interface AuditEvent {
  readonly verb: string
  readonly objectRef?: {
    readonly resource: string
    readonly apiGroup?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code: number }
}

/** One verb on one resource, in a namespace or everywhere, of one object or of all. */
interface Grant {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

let folder: AsyncDisposable & { readonly path: string }
let cluster: KubernetesCluster
beforeAll(async () => {
  folder = await temporaryFolder()
  await writeFile(join(folder.path, 'policy.yaml'), JSON.stringify(auditPolicy))
  cluster = await KubernetesCluster.start([
    `--audit-policy-file=${join(folder.path, 'policy.yaml')}`,
    `--audit-log-path=${join(folder.path, 'audit.log')}`,
  ])
  for (const name of [account.namespace, 'team'])
    await cluster.create(resourceOf('Namespace'), { metadata: { name } })
  if (thing !== undefined) await cluster.create(customResourceDefinitions, definitionOf(thing))
})
afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** Where objects of a kind are made. */
function resourceOf(kind: string): Resource {
  const group = /Role/.test(kind) ? 'rbac.authorization.k8s.io' : ''
  return {
    group,
    version: 'v1',
    name: `${kind.toLowerCase()}s`,
    namespaced: !/^(Cluster|Namespace)/.test(kind),
  }
}

const thing = customKinds.find(({ kind }) => kind === 'Thing')
const { group } = thing?.resource ?? {}
/** What this API server does not have yet: it says so when it is asked to watch, and nobody lists then. */
const youngResources = ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']
const things = { spec: { resources: [{ groupVersionKind: { group, version: 'v1', kind: 'Thing' } }] } }

/** All that can ask an API server does; the second receiver of states takes its share of what is in one namespace. */
function configuration(kubeconfig: string): object {
  const cluster_options = { auth_type: 'kubeConfig', kubeconfig, interval: '1s' }
  const discovery = { kubeconfig_file: kubeconfig, namespaces: { names: ['team'] } }
  const receivers = {
    k8s_state: {
      ...cluster_options,
      resources: ['all'],
      exclude_resources: youngResources,
      leader_election: {},
      custom_resource_state: things,
    },
    'k8s_state/part': { ...cluster_options, resources: ['deployments'], namespaces: ['team'], sharding: {} },
    kubelet_stats: {
      auth_type: 'serviceAccount',
      endpoint: '127.0.0.1:1',
      extra_metadata_labels: ['container.id'],
    },
    prometheus: {
      config: {
        scrape_configs: [
          {
            job_name: 'discovered',
            kubernetes_sd_configs: [
              {
                ...discovery,
                role: 'pod',
                attach_metadata: { node: true, namespace: true, deployment: true, cronjob: true },
              },
              { ...discovery, role: 'endpointslice' },
              { ...discovery, role: 'endpoints' },
              { ...discovery, role: 'ingress' },
              { kubeconfig_file: kubeconfig, role: 'node' },
            ],
          },
        ],
      },
    },
  }
  return {
    receivers,
    exporters: { debug: {} },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' }, logs: { encoding: 'json' } },
      pipelines: { metrics: { receivers: Object.keys(receivers), exporters: ['debug'] } },
    },
  }
}

async function kubeconfigOf(token: string): Promise<string> {
  const file = join(folder.path, 'kubeconfig')
  const certificate = (await readFile(cluster.authority)).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: cluster.url.href, 'certificate-authority-data': certificate } },
    ],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: account.namespace } }],
    'current-context': 'x',
  }
  await writeFile(file, JSON.stringify(config))
  return file
}

function grantsOf(manifests: readonly RoleManifest[]): Grant[] {
  return manifests.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) =>
            verbs.map((verb) => ({ verb, group, resource, namespace: metadata.namespace, name })),
          ),
        ),
      ),
    ),
  )
}

/**
 * What is done with the parts of a node the kubelet sees, and not the API server. And of events, which it has in no cache, this
 * one tells the list as a stream, which is a watch: it need not be asked for a list as it must for all else.
 */
function isBeyond({ resource, verb }: Grant): boolean {
  return resource.startsWith('nodes/') || (resource === 'events' && verb === 'list')
}

async function auditEvents(): Promise<AuditEvent[]> {
  const lines = (await readFile(join(folder.path, 'audit.log'), 'utf8')).split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent)
}

function uses({ verb, objectRef: object }: AuditEvent, grant: Grant): boolean {
  return (
    object !== undefined &&
    verb === grant.verb &&
    object.resource === grant.resource &&
    (object.apiGroup ?? '') === grant.group &&
    (grant.namespace === undefined || grant.namespace === object.namespace) &&
    (grant.name === undefined || grant.name === object.name)
  )
}

/** What the API server says to a kubelet that asks whether the account may. */
async function kubeletLets(subresource: string): Promise<boolean> {
  const review = await cluster.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    spec: { user, resourceAttributes: { verb: 'get', resource: 'nodes', subresource, name: 'n1' } },
  })
  return (review as { readonly status: { readonly allowed: boolean } }).status.allowed
}

test('with the roles that are printed nothing is forbidden, and all that they allow is used', async () => {
  const file = join(folder.path, 'weir.yaml')
  await writeFile(file, JSON.stringify(configuration(join(folder.path, 'kubeconfig'))))
  const args = ['rbac', '--config', file, '--name', account.name, '--namespace', account.namespace]
  await using command = new WeirProcess(args)
  const { status, stdout } = await command.end()
  expect(status).toBe(0)
  const manifests = manifestsIn(stdout)
  for (const manifest of manifests)
    await cluster.create(resourceOf(manifest.kind), manifest, manifest.metadata.namespace)
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { selector: { matchLabels: { app: 'a' } }, serviceName: '', template, replicas: 2 }
  await cluster.create(statefulSets, { metadata: { name: account.name }, spec }, account.namespace)

  const path = `${pathOf(resourceOf('ServiceAccount'), account.namespace)}/${account.name}/token`
  const wish = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600 },
  }
  const { token } = (
    (await cluster.send('POST', path, wish)) as { readonly status: { readonly token: string } }
  ).status
  await kubeconfigOf(token)
  const environment = { POD_NAME: `${account.name}-0`, POD_NAMESPACE: account.namespace }
  await using weir = new WeirProcess(['--config', file], { env: environment })

  const grants = grantsOf(manifests).filter((grant) => !isBeyond(grant))
  expect(grants.length).toBeGreaterThan(20)
  const unused = async (): Promise<Grant[]> => {
    const events = await auditEvents()
    return grants.filter((grant) => !events.some((event) => uses(event, grant)))
  }
  await expect.poll(unused, { timeout: 40_000, interval: 200 }).toEqual([])
  expect((await weir.end('SIGTERM')).status).toBe(0)
  const events = await auditEvents()
  expect(events.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([])
  expect(events.filter((event) => !grants.some((grant) => uses(event, grant)))).toEqual([])
  expect([await kubeletLets('stats'), await kubeletLets('pods'), await kubeletLets('proxy')]).toEqual([
    true,
    true,
    false,
  ])
})
