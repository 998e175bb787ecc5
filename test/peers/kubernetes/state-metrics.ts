import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../mount-namespace.ts'
import { peerBinary } from '../peer-binary.ts'
import { tokens, type KubernetesCluster } from './kubernetes-cluster.ts'
import { readStatePage, type StatePage } from './state-page.ts'

const weir = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

/** What both are asked for. */
export interface StateMetricsOptions {
  /** By the names of the API, as RBAC has them. */
  readonly resources: readonly string[]
  /** Keys of labels and annotations that are told; `*` for all. */
  readonly keys: readonly string[]
  /** A file that describes custom resources. */
  readonly customResources?: string
  readonly shard?: { readonly ordinal: number; readonly total: number }
  /** What Weir is run from; its source where absent. */
  readonly program?: string
  /** How often Weir emits all; changes leave at once unless this is given. */
  readonly interval?: string
  /** Whether Weir is run as in a pod, which needs root: without a kubeconfig, which takes more memory. */
  readonly asPod?: boolean
}

/** Where a pod has what it proves itself with; /var/run is a link to /run. */
const accountFolder = '/run/secrets/kubernetes.io/serviceaccount'

/** Metrics that both leave out unless they are asked for them. */
const optIn = ['kube_persistentvolume_csi_attributes', 'kube_pod_nodeselectors']

/** A process that serves the state of a cluster as a page of metrics. */
export class StateMetrics implements AsyncDisposable {
  readonly child: ChildProcess
  /** Where its page is. */
  readonly url: string
  #output = ''

  private constructor(
    command: string,
    args: readonly string[],
    port: number,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.url = `http://127.0.0.1:${port}/metrics`
    const env = { ...process.env, ...environment }
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-8000)))
  }

  /** The real kube-state-metrics. */
  static async theirs(
    cluster: KubernetesCluster,
    { resources, keys, shard, customResources }: StateMetricsOptions,
  ): Promise<StateMetrics> {
    const [port, own] = [await freePort(), await freePort()]
    const allowed = resources.map((resource) => `${resource}=[${keys.join(',')}]`).join(',')
    const custom =
      customResources === undefined ? [] : [`--custom-resource-state-config-file=${customResources}`]
    // An empty list of resources is that of all default ones.
    if (resources.length === 0) custom.push('--custom-resource-state-only')
    const shards = shard === undefined ? [] : [`--shard=${shard.ordinal}`, `--total-shards=${shard.total}`]
    const options = [
      `--kubeconfig=${await kubeconfigOf(cluster)}`,
      '--host=127.0.0.1',
      `--port=${port}`,
      '--telemetry-host=127.0.0.1',
      `--telemetry-port=${own}`,
      `--resources=${resources.join(',')}`,
      `--metric-labels-allowlist=${allowed}`,
      `--metric-annotations-allowlist=${allowed}`,
      `--metric-opt-in-list=${optIn.join(',')}`,
      ...shards,
      ...custom,
    ]
    return new StateMetrics(peerBinary('kube-state-metrics', '2.20.0'), options, port)
  }

  /** Weir with the same to tell. */
  static async ours(
    cluster: KubernetesCluster,
    { resources, keys, shard, customResources, program = weir, interval, asPod = false }: StateMetricsOptions,
  ): Promise<StateMetrics> {
    const port = await freePort()
    const receiver = {
      ...(asPod ? {} : { auth_type: 'kubeConfig', kubeconfig: await kubeconfigOf(cluster) }),
      interval: interval ?? '1s',
      changes_at_once: interval === undefined,
      naming: 'prometheus',
      resources,
      labels_allowlist: { '*': keys },
      annotations_allowlist: { '*': keys },
      metrics: Object.fromEntries(optIn.map((name) => [name, { enabled: true }])),
      ...(customResources === undefined ? {} : { custom_resource_state_file: customResources }),
      ...(shard === undefined ? {} : { sharding: { shard: shard.ordinal, total_shards: shard.total } }),
    }
    const configuration = {
      extensions: { health_check: { endpoint: `127.0.0.1:${await freePort()}` } },
      receivers: { k8s_state: receiver },
      exporters: {
        prometheus: {
          endpoint: `127.0.0.1:${port}`,
          add_metric_suffixes: false,
          without_scope_info: true,
          target_info: { enabled: false },
        },
      },
      service: {
        extensions: ['health_check'],
        telemetry: { metrics: { level: 'none' } },
        pipelines: { metrics: { receivers: ['k8s_state'], exporters: ['prometheus'] } },
      },
    }
    const file = join(cluster.folder, `weir-${port}.json`)
    await writeFile(file, JSON.stringify(configuration))
    const command = [process.execPath, program, '--config', file] as const
    if (!asPod) return new StateMetrics(command[0], command.slice(1), port)
    const script = `mount -t tmpfs none /run && mkdir -p ${accountFolder} && cd ${accountFolder}
cp "$AUTHORITY" ca.crt && printf %s "$TOKEN" >token && printf default >namespace && cd "$FOLDER" && exec "$@"`
    const environment = {
      KUBERNETES_SERVICE_HOST: cluster.url.hostname,
      KUBERNETES_SERVICE_PORT: cluster.url.port,
      AUTHORITY: cluster.authority,
      TOKEN: tokens.admin,
      FOLDER: process.cwd(),
    }
    const options = ['--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...command]
    return new StateMetrics('unshare', options, port, environment)
  }

  /**
   * What it says now.
   *
   * @throws {Error} with its last words, where it has ended
   */
  async page(): Promise<StatePage> {
    if (this.child.exitCode !== null) throw new Error(`it ended: ${this.#output}`)
    const page = await fetch(this.url).catch((cause: unknown) => {
      throw new Error(`no page yet: ${this.#output}`, { cause })
    })
    return readStatePage(await page.text())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
}

async function kubeconfigOf(cluster: KubernetesCluster): Promise<string> {
  const file = join(cluster.folder, 'kubeconfig.json')
  const named = { name: 'it' }
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { ...named, cluster: { server: cluster.url.origin, 'certificate-authority': cluster.authority } },
    ],
    users: [{ ...named, user: { token: tokens.admin } }],
    contexts: [{ ...named, context: { cluster: 'it', user: 'it' } }],
    'current-context': 'it',
  }
  await writeFile(file, JSON.stringify(content))
  return file
}
