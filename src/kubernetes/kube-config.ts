import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { ClientError } from '#src/http/client/client-error.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { basicAuthorization, type Credentials } from '#src/http/client/credentials.ts'
import { FileText, fixedText, type Text } from '#src/http/client/file-text.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { compileProxyRule } from '#src/http/client/proxy.ts'
import { TlsSource } from '#src/http/client/tls-source.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { ClusterOptions } from './cluster-config.ts'

/** How long a command, or a server of tokens, has to give credentials. */
const credentialsMs = 30_000

/**
 * The way that a kubeconfig file describes, with all that @kubernetes/client-node knows of users: tokens, certificates, commands, OIDC.
 *
 * @throws {Error} that says what the file lacks
 */
export async function kubeConfigAccess(
  options: ClusterOptions,
  surroundings: ClientSurroundings,
): Promise<ClusterAccess> {
  const load = (): KubeConfig => loadKubeConfig(options, surroundings)
  const config = load()
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    throw new Error(`the kubeconfig has no cluster for the context ${config.currentContext}`)
  const user = new KubeConfigUser(config, load, surroundings)
  const isSecure = cluster.server.startsWith('https:')
  if (isSecure) await user.prepare()
  const { caFile, caData } = cluster
  const ca = textOf('certificate-authority', caFile, caData, surroundings)
  const impersonated = config.getCurrentUser()?.impersonateUser ?? ''
  const client = new HttpClient({
    ...surroundings,
    credentials: isSecure ? user : undefined,
    tls: new TlsSource(
      {
        ca,
        ...user.certificate,
        serverName: cluster.tlsServerName,
        insecureSkipVerify: cluster.skipTLSVerify,
      },
      surroundings.logger,
    ),
    // As kubectl: what the file says, else the environment.
    proxy: compileProxyRule(
      cluster.proxyUrl === undefined ? { fromEnvironment: true } : { url: cluster.proxyUrl },
      surroundings.environment ?? process.env,
    ),
    headers: impersonated === '' ? undefined : () => ({ 'Impersonate-User': impersonated }),
    redirects: 'never',
  })
  return {
    server: new URL(cluster.server),
    client,
    namespace: config.getContextObject(config.currentContext)?.namespace,
    trust: caFile === undefined ? 'those in the kubeconfig' : `those of ${caFile}`,
  }
}

function loadKubeConfig(
  { kubeconfig, context }: ClusterOptions,
  { environment }: ClientSurroundings,
): KubeConfig {
  const config = new KubeConfig()
  const { KUBECONFIG: list = '', HOME: home = homedir() } = environment ?? process.env
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
  // It may be a list of files, which are merged.
  else if (list !== '') config.loadFromDefault()
  else {
    const file = join(home, '.kube', 'config')
    if (!existsSync(file)) throw new Error(`there is no kubeconfig: neither $KUBECONFIG nor ${file}`)
    config.loadFromFile(file)
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) throw new Error(`the kubeconfig has no context ${context}`)
    config.setCurrentContext(context)
  }
  return config
}

/** The user of a context. What a command or a server gives is kept until it expires, or is refused. */
class KubeConfigUser implements Credentials {
  readonly #load: () => KubeConfig
  readonly #surroundings: ClientSurroundings
  #config: KubeConfig | undefined
  #given: RequestOptions = {}
  /** Certificate and key, where the user shows any. */
  certificate: { readonly cert?: Text; readonly key?: Text } = {}

  constructor(config: KubeConfig, load: () => KubeConfig, surroundings: ClientSurroundings) {
    this.#config = config
    this.#load = load
    this.#surroundings = surroundings
  }

  /** Finds out whether the user shows a certificate: what a command gives is known only once it has run. */
  async prepare(): Promise<void> {
    const { certFile, certData, keyFile, keyData, exec } = this.#config?.getCurrentUser() ?? {}
    const cert = textOf('client-certificate', certFile, certData, this.#surroundings)
    const key = textOf('client-key', keyFile, keyData, this.#surroundings)
    if (cert !== undefined && key !== undefined) this.certificate = { cert, key }
    if (exec === undefined || exec === null) return
    await this.#ask()
    const given = (what: 'cert' | 'key'): Text => ({
      // client-node hands on the text that the command gave.
      read: () => this.#given[what] as string,
      renew: () => undefined,
    })
    if (this.#given.cert !== undefined) this.certificate = { cert: given('cert'), key: given('key') }
  }

  async authorization(signal: AbortSignal): Promise<string | undefined> {
    await this.#ask(signal)
    const { headers, auth } = this.#given
    const header = (headers as Readonly<Record<string, string>> | undefined)?.['Authorization']
    if (header !== undefined) return header.trim()
    const colon = auth?.indexOf(':') ?? -1
    return colon < 0 || auth === null || auth === undefined
      ? undefined
      : basicAuthorization(auth.slice(0, colon), auth.slice(colon + 1))
  }

  /** What was given is of no use: the file is read anew, and the command asked again. */
  renew(): void {
    this.#config = undefined
  }

  async #ask(signal?: AbortSignal): Promise<void> {
    const options: RequestOptions = {}
    try {
      this.#config ??= this.#load()
      await inTime(this.#config.applyToHTTPSOptions(options), this.#surroundings, signal)
    } catch (error) {
      signal?.throwIfAborted()
      this.#config = undefined
      throw new ClientError(
        'credentials_unavailable',
        `the user of the kubeconfig has no credentials: ${describeError(error).trim().slice(0, 300)}`,
      )
    }
    this.#given = options
  }
}

/** client-node waits for ever for a command. */
async function inTime(
  work: Promise<void>,
  { clock }: ClientSurroundings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new Error('the request was given up'))
  const cancel = clock.after(credentialsMs, () => reject(new Error(`none after ${credentialsMs / 1000} s`)))
  signal?.addEventListener('abort', abort)
  try {
    await Promise.race([work, promise])
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}

function textOf(
  option: string,
  file: string | undefined,
  data: string | undefined,
  { clock }: ClientSurroundings,
): Text | undefined {
  // The file of YAML may have null where it has nothing.
  if (typeof file === 'string' && file !== '') return new FileText(`${option} of the kubeconfig`, file, clock)
  return typeof data === 'string' && data !== ''
    ? fixedText(Buffer.from(data, 'base64').toString())
    : undefined
}
