import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { CollectedBody } from '#src/http/client/collected-body.ts'
import { fixedText } from '#src/http/client/file-text.ts'
import { schemeCredentials } from '#src/http/client/credentials.ts'
import { TlsSource } from '#src/http/client/tls-source.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { freePort } from '../mount-namespace.ts'
import { peerBinary } from '../peer-binary.ts'

const run = promisify(execFile)

/** Tokens of the cluster: `admin` may do all, `reader` nothing but what a test lets him. */
export const tokens = { admin: 'admin-token', reader: 'reader-token' } as const

/** A real kube-apiserver with a real etcd: a cluster without nodes, whose objects are what a test makes of them. */
export class KubernetesCluster implements AsyncDisposable {
  readonly folder: string
  readonly url: URL
  readonly #etcd: string
  readonly #etcdPeer: string
  readonly #temporary: AsyncDisposable
  readonly #processes = new Map<'etcd' | 'kube-apiserver', ChildProcess>()
  #output = ''
  readonly #options: readonly string[]
  readonly #etcdProgram: string
  #agent: Agent | undefined

  private constructor(
    temporary: AsyncDisposable & { readonly path: string },
    ports: readonly number[],
    { options, etcdProgram }: { readonly options: readonly string[]; readonly etcdProgram: string },
  ) {
    const [api = 0, etcd = 0, peer = 0] = ports
    this.#temporary = temporary
    this.#options = options
    this.#etcdProgram = etcdProgram
    this.folder = temporary.path
    this.url = new URL(`https://127.0.0.1:${api}`)
    this.#etcd = `http://127.0.0.1:${etcd}`
    this.#etcdPeer = `http://127.0.0.1:${peer}`
  }

  /**
   * @param options of the API server, beside those that all clusters here have
   * @param etcdProgram Debian's unless given, of which the API server cannot tell lists as streams
   */
  static async start(options: readonly string[] = [], etcdProgram = 'etcd'): Promise<KubernetesCluster> {
    const ports = [await freePort(), await freePort(), await freePort()]
    const cluster = new KubernetesCluster(await temporaryFolder(), ports, { options, etcdProgram })
    const { folder } = cluster
    await run('openssl', ['genrsa', '-out', 'sa.key', '2048'], { cwd: folder })
    await run('openssl', ['rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub'], { cwd: folder })
    const users = `${tokens.admin},admin,1,"system:masters"\n${tokens.reader},reader,2\n`
    await writeFile(join(folder, 'tokens.csv'), users)
    await cluster.startEtcd()
    await cluster.startApiServer()
    return cluster
  }

  /** The authority that signed the server's certificate: the file. */
  get authority(): string {
    return join(this.folder, 'certs', 'apiserver.crt')
  }

  /** A client of the server for one who bears a token. */
  async client(token: string = tokens.admin): Promise<HttpClient> {
    return new HttpClient({
      credentials: schemeCredentials('Bearer', fixedText(token)),
      tls: new TlsSource({ ca: fixedText(await readFile(this.authority, 'utf8')) }),
      redirects: 'never',
    })
  }

  async startEtcd(): Promise<void> {
    this.#spawn('etcd', this.#etcdProgram, [
      '--data-dir',
      'etcd',
      '--initial-cluster',
      `default=${this.#etcdPeer}`,
      '--listen-client-urls',
      this.#etcd,
      '--advertise-client-urls',
      this.#etcd,
      '--listen-peer-urls',
      this.#etcdPeer,
      '--initial-advertise-peer-urls',
      this.#etcdPeer,
    ])
    await this.#until('etcd', async () => (await fetch(`${this.#etcd}/health`)).ok)
  }

  async startApiServer(): Promise<void> {
    this.#spawn('kube-apiserver', peerBinary('kube-apiserver', '1.34.4'), [
      `--etcd-servers=${this.#etcd}`,
      `--secure-port=${this.url.port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--cert-dir=certs',
      '--token-auth-file=tokens.csv',
      '--authorization-mode=RBAC',
      '--service-account-key-file=sa.pub',
      '--service-account-signing-key-file=sa.key',
      '--service-account-issuer=https://kubernetes.default.svc',
      '--api-audiences=api',
      '--service-cluster-ip-range=10.96.0.0/24',
      '--allow-privileged=true',
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      ...this.#options,
    ])
    await this.#until('kube-apiserver', async () => {
      this.#agent?.destroy()
      this.#agent = new Agent({ ca: await readFile(this.authority, 'utf8'), keepAlive: true, maxSockets: 16 })
      const client = await this.client()
      const url = new URL('/readyz', this.url)
      const { status } = await client
        .get({ url, timeoutMs: 2000 }, new CollectedBody())
        .finally(() => client.close())
      return status === 200
    })
  }

  /** Kills one of both without a chance to say goodbye. */
  async kill(name: 'etcd' | 'kube-apiserver'): Promise<void> {
    const child = this.#processes.get(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Makes an object. */
  async create(resource: Resource, object: object, namespace?: string): Promise<KubernetesObject> {
    return await this.#send('POST', pathOf(resource, namespace), object)
  }

  /** Changes an object: what is not in the new one is gone. */
  async replace(resource: Resource, object: KubernetesObject): Promise<KubernetesObject> {
    const { namespace, name } = object.metadata
    return await this.#send('PUT', `${pathOf(resource, namespace)}/${encodeURIComponent(name)}`, object)
  }

  /** Asks for anything by any method that has a body. */
  async send(method: 'POST' | 'PUT', path: string, object: object): Promise<unknown> {
    return await this.#send(method, path, object)
  }

  /** Removes an object: at once, unless it is left to say goodbye. */
  async remove(resource: Resource, name: string, namespace?: string, graceSeconds = 0): Promise<void> {
    const path = `${pathOf(resource, namespace)}/${encodeURIComponent(name)}`
    // Orphans would be kept until a controller has seen to them, which there is none of.
    const options = { gracePeriodSeconds: graceSeconds, propagationPolicy: 'Background' }
    await this.#send('DELETE', path, options)
  }

  /** Has etcd forget all versions before now. */
  async compact(): Promise<void> {
    const ask = async (path: string, body: object) => {
      const answer = await fetch(`${this.#etcd}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return (await answer.json()) as { readonly header: { readonly revision: string } }
    }
    const { header } = await ask('/v3/kv/range', { key: btoa('/') })
    await ask('/v3/kv/compaction', { revision: header.revision, physical: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent?.destroy()
    await this.kill('kube-apiserver')
    await this.kill('etcd')
    await this.#temporary[Symbol.asyncDispose]()
  }

  #spawn(name: 'etcd' | 'kube-apiserver', command: string, options: readonly string[]): void {
    const child = spawn(command, options, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    this.#processes.set(name, child)
  }

  async #until(name: 'etcd' | 'kube-apiserver', ready: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      const { exitCode } = this.#processes.get(name) ?? {}
      if (typeof exitCode === 'number') throw new Error(`${name} did not start: ${this.#output}`)
      if (await ready().catch(() => false)) return
      await sleep(100)
    }
    throw new Error(`${name} is not ready: ${this.#output}`)
  }

  async #send(method: 'POST' | 'PUT' | 'DELETE', path: string, object: object): Promise<KubernetesObject> {
    const payload = JSON.stringify(object)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${tokens.admin}`,
        'Content-Type': 'application/json',
        // Node says nothing of the length by itself where the method is DELETE.
        'Content-Length': Buffer.byteLength(payload),
      }
      const options = { method, headers, agent: this.#agent, timeout: 10_000 }
      const sent = request(new URL(path, this.url), options, resolve)
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)))
      sent.end(payload)
    })
    const body = await text(answer)
    if (answer.statusCode === undefined || answer.statusCode > 299)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${body.slice(0, 1000)}`)
    return JSON.parse(body) as KubernetesObject
  }
}
