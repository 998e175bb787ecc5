import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { freePort } from '../mount-namespace.ts'
import { peerBinary } from '../peer-binary.ts'
import { tokens, type KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts'

/** An answer of the metrics API. */
export interface MetricsAnswer {
  readonly status: number | undefined
  readonly body: string
}

/** A real metrics-server, which scrapes the nodes of a cluster every ten seconds. */
export class MetricsServer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly port: number
  output = ''

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-8000)))
  }

  /** @param more options, beside those that all have here */
  static async start(cluster: KubernetesCluster, more: readonly string[] = []): Promise<MetricsServer> {
    const port = await freePort()
    const kubeconfig = await adminKubeconfig(cluster)
    const options = [
      ...more,
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--authentication-skip-lookup',
      '--kubelet-insecure-tls',
      '--kubelet-use-node-status-port',
      '--kubelet-preferred-address-types=InternalIP',
      '--metric-resolution=10s',
      '--kubelet-request-timeout=5s',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--cert-dir=metrics-server-certs',
    ]
    const child = spawn(peerBinary('metrics-server', '0.8.0'), options, {
      cwd: cluster.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new MetricsServer(child, port)
  }

  /** Asks the metrics API as the administrator of the cluster. */
  async ask(path: string): Promise<MetricsAnswer> {
    if (this.#child.exitCode !== null) throw new Error(`metrics-server ended: ${this.output}`)
    const url = `https://127.0.0.1:${this.port}${path}`
    const headers = { authorization: `Bearer ${tokens.admin}` }
    const sent = request(url, { rejectUnauthorized: false, agent: false, headers }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { status: response.statusCode, body: Buffer.concat(chunks).toString() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

/** Writes a kubeconfig of the administrator: its path. */
export async function adminKubeconfig(cluster: KubernetesCluster): Promise<string> {
  const path = join(cluster.folder, 'admin.kubeconfig')
  const server = { server: cluster.url.href, 'certificate-authority': cluster.authority }
  const configuration = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: server }],
    users: [{ name: 'u', user: { token: tokens.admin } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  await writeFile(path, JSON.stringify(configuration))
  return path
}
