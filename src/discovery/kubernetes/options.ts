import { ConfigError, makeAll, mapItems } from '#src/config/config-error.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'
import { refuseBoth } from '#src/http/client/exclusive-options.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import {
  changedClientOptions,
  clientOptionsOf,
  compilePrometheusClient,
  httpClientProperties,
} from '#src/http/client/prometheus-client-config.ts'
import type { ApiServerOptions } from '#src/kubernetes/api-server.ts'
import type { ClusterOptions } from '#src/kubernetes/cluster-config.ts'
import { roleNames, roles, type RoleName } from './roles.ts'
import { fieldSelectorProblem, labelSelectorProblem } from './selector-syntax.ts'

const RoleOption = (description: string) => Type.Enum(roleNames, { description })

const attach = (description: string) => Type.Boolean({ description, default: false })

/** One item of `kubernetes_sd_configs`. */
export const KubernetesOptions = Options({
  role: RoleOption('What targets are made of.'),
  api_server: Type.Optional(
    Type.String({
      description:
        'The URL of the API server. By default that of the cluster whose pod this runs in, as its service account.',
    }),
  ),
  kubeconfig_file: Type.Optional(
    Type.String({ description: 'A kubeconfig file that says where the API server is, and who asks.' }),
  ),
  namespaces: Options(
    {
      names: Type.Array(Type.String({ minLength: 1 }), { description: 'Their names.', default: [] }),
      own_namespace: Type.Boolean({
        description: 'Whether that of the pod that this runs in is one of them.',
        default: false,
      }),
    },
    { description: 'The namespaces whose objects are discovered: all, unless said otherwise.' },
  ),
  selectors: Type.Array(
    Options({
      role: RoleOption('The kind of objects.'),
      label: Type.Optional(
        Type.String({
          description: 'Which labels they have, as in `kubectl --selector`: `app=web,tier!=db`.',
        }),
      ),
      field: Type.Optional(
        Type.String({
          description:
            'Which fields they have, as in `kubectl --field-selector`: `spec.nodeName=${env:NODE_NAME}`.',
        }),
      ),
    }),
    { description: 'Narrows down the objects that the server tells of. One a role at most.', default: [] },
  ),
  attach_metadata: Options(
    {
      node: attach(
        'Labels and annotations of the node, for targets that are pods or endpoints. Pods whose node is not there are left out.',
      ),
      namespace: attach('Labels and annotations of the namespace.'),
      deployment: attach('The name of the deployment of a pod.'),
      job: attach('The name of the job of a pod.'),
      cronjob: attach('The name of the cron job of a pod.'),
    },
    { description: 'What is told of targets beside.' },
  ),
  ...httpClientProperties,
})

/** Those options, as the reader gives them. */
export type KubernetesConfig = Static<typeof KubernetesOptions>

/**
 * Checks what the schema cannot say.
 *
 * @throws {ConfigError} with all mistakes
 */
export function checkKubernetesOptions(config: KubernetesConfig, surroundings: ClientSurroundings): void {
  const { server, file } = placeOf(config)
  makeAll(
    () => refuseBoth(config, ['api_server', 'kubeconfig_file']),
    () => {
      if (server !== undefined && !/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
        throw new ConfigError('expected a URL, as in https://kubernetes.example:6443', ['api_server'])
    },
    () => {
      const [changed] = server === undefined ? changedClientOptions(config) : []
      if (changed !== undefined)
        throw new ConfigError('says how api_server is asked, which is not there', [changed])
    },
    () => {
      if (config.namespaces.own_namespace && (server ?? file) !== undefined)
        throw new ConfigError('is known in a pod only, and not together with api_server or kubeconfig_file', [
          'namespaces',
          'own_namespace',
        ])
    },
    () => compilePrometheusClient(config, surroundings).close(),
    () => checkSelectors(config),
  )
}

function checkSelectors({ role, selectors }: KubernetesConfig): void {
  const { selectable } = roles[role]
  const taken = new Set<RoleName>()
  mapItems(selectors, ({ role: of, label = '', field = '' }, index) => {
    const path = ['selectors', index]
    if (taken.has(of)) throw new ConfigError(`there is another selector of the role ${of}`, [...path, 'role'])
    taken.add(of)
    if (!selectable.includes(of))
      throw new ConfigError(`the role ${role} can select by ${selectable.join(', ')}`, [...path, 'role'])
    const problems = { label: labelSelectorProblem(label), field: fieldSelectorProblem(field) }
    for (const [name, problem] of Object.entries(problems))
      if (problem !== undefined) throw new ConfigError(problem, [...path, name])
  })
}

/** The way to the cluster that options describe. */
export function clusterOf(config: KubernetesConfig): ClusterOptions | ApiServerOptions {
  const { server, file } = placeOf(config)
  if (server !== undefined) return { server, client: clientOptionsOf(config) }
  return file === undefined ? { auth_type: 'serviceAccount' } : { auth_type: 'kubeConfig', kubeconfig: file }
}

/** Where the API server is said to be. Prometheus writes an empty text where nothing is. */
function placeOf({ api_server: server = '', kubeconfig_file: file = '' }: KubernetesConfig) {
  return { server: server === '' ? undefined : server, file: file === '' ? undefined : file }
}
