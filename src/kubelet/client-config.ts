import { HostFiles } from '#src/host/host-files.ts'
import { nodeName } from '#src/host/node-name.ts'
import { ConfigError, makeAll } from '#src/config/config-error.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { schemeCredentials } from '#src/http/client/credentials.ts'
import { FileText } from '#src/http/client/file-text.ts'
import { HttpClient } from '#src/http/client/http-client.ts'
import { TlsSource } from '#src/http/client/tls-source.ts'
import type { AccessRule } from '#src/kubernetes/access-rule.ts'
import { clusterProperties } from '#src/kubernetes/cluster-config.ts'
import { ApiServerProxy } from './api-server-proxy.ts'
import { KubeletClient } from './client.ts'

/** Where Kubernetes puts what a pod proves itself with. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The kubelet's port with TLS, and the one that only reads and knows no TLS, where it is open. */
const ports = { https: 10_250, http: 10_255 } as const

/** How to reach a kubelet, in the Collector's names; `token_file` is our own. Spread into the options of who needs it. */
export const kubeletClientProperties = {
  auth_type: Type.Enum(['none', 'tls', 'serviceAccount', 'kubeConfig'], {
    description:
      'Who to be: `tls` shows a client certificate, `serviceAccount` the token of the pod that this runs in, `none` asks the read-only port. `kubeConfig` asks the API server, as the user of a kubeconfig, to ask the kubelet: the role needs nodes/proxy.',
    default: 'tls',
  }),
  endpoint: Type.String({
    description:
      'Where the kubelet is: `HOST:PORT`, or a URL. Unless given: the name of the node, port 10250 with TLS, or 10255 without where `auth_type` is `none`. With `kubeConfig` the name of the node.',
    default: '',
  }),
  kubeconfig: clusterProperties.kubeconfig,
  context: clusterProperties.context,
  ca_file: Type.Optional(
    Type.String({
      description:
        "The authorities to trust, PEM. Unless given: those of the system, with `serviceAccount` the cluster's too.",
    }),
  ),
  cert_file: Type.Optional(Type.String({ description: 'The client certificate, PEM. For `tls`.' })),
  key_file: Type.Optional(Type.String({ description: 'Its private key, PEM. For `tls`.' })),
  token_file: Type.String({
    description: 'The token, read again as it is rotated. For `serviceAccount`.',
    default: `${serviceAccountFolder}/token`,
  }),
  insecure_skip_verify: Type.Boolean({
    description:
      'Whether any certificate of the kubelet will do, as one that it made for itself: nobody knows then who answers.',
    default: false,
  }),
}

const Shape = Options(kubeletClientProperties)

/** Those options. */
export type KubeletClientOptions = Static<typeof Shape>

/**
 * Makes the client of a kubelet. No file is read and nothing is asked yet. `close` it.
 *
 * @param node the name of the node, where the endpoint does not say where it is
 * @throws {ConfigError} with paths among the options: all mistakes at once
 */
export function compileKubeletClient(
  options: KubeletClientOptions,
  node: string,
  surroundings: ClientSurroundings,
): KubeletClient {
  const [base] = makeAll(
    () => baseOf(options, node),
    () => checkCertificate(options),
  )
  const { auth_type: authType } = options
  const way =
    authType === 'kubeConfig'
      ? new ApiServerProxy({ ...options, auth_type: authType }, surroundings)
      : directWay(options, surroundings)
  return new KubeletClient(way, { base, authType })
}

function directWay(options: KubeletClientOptions, surroundings: ClientSurroundings): HttpClient {
  const { clock, logger } = surroundings
  const file = (option: string, path: string | undefined): FileText | undefined =>
    path === undefined || path === '' ? undefined : new FileText(option, path, clock)
  const { auth_type: authType, insecure_skip_verify: insecureSkipVerify } = options
  const ofPod = authType === 'serviceAccount'
  const clusterCa = ofPod && !insecureSkipVerify ? `${serviceAccountFolder}/ca.crt` : undefined
  const showsCertificate = authType === 'tls'
  return new HttpClient({
    ...surroundings,
    credentials: ofPod
      ? schemeCredentials('Bearer', new FileText('token_file', options.token_file, clock))
      : undefined,
    tls: new TlsSource(
      {
        ca: file('ca_file', options.ca_file ?? clusterCa),
        withSystemCa: ofPod,
        cert: showsCertificate ? file('cert_file', options.cert_file) : undefined,
        key: showsCertificate ? file('key_file', options.key_file) : undefined,
        insecureSkipVerify,
      },
      logger,
    ),
    // It is this node, or one that is asked by its address: no proxy stands between, and a kubelet sends nobody elsewhere.
    redirects: 'never',
  })
}

/**
 * What must be allowed to ask a kubelet, which asks the API server whether it is. Who shows a certificate, or nothing, is nobody
 * whom an account's roles could be about.
 *
 * @param parts the subresources of nodes: `stats`
 */
export function kubeletAccess(
  { auth_type: authType }: KubeletClientOptions,
  parts: readonly string[],
): AccessRule[] {
  // The API server asks whether one may have it asked for anything.
  if (authType === 'kubeConfig') return [{ group: '', resource: 'nodes/proxy', verbs: ['get'] }]
  if (authType !== 'serviceAccount') return []
  return parts.map((part) => ({ group: '', resource: `nodes/${part}`, verbs: ['get'] }))
}

/** The name of this node where the configuration does not say it. */
export function nodeNameOf(
  given: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return given === '' ? nodeName(new HostFiles(), environment) : given
}

function baseOf({ endpoint, auth_type: authType }: KubeletClientOptions, node: string): URL {
  const scheme = authType === 'none' ? 'http' : 'https'
  if (authType === 'kubeConfig' && /[:/]/.test(endpoint))
    throw new ConfigError('with kubeConfig the endpoint is the name of the node: worker-1', ['endpoint'])
  const text = endpoint === '' ? `${node}:${ports[scheme]}` : endpoint
  const written = text.includes('://') ? text : `${scheme}://${text}`
  const url = URL.parse(written)
  const isPlain = url !== null && (url.pathname === '/' || url.pathname === '') && url.search === ''
  if (!isPlain || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new ConfigError(`"${text}" is no endpoint: expected host:port, as in 10.0.0.7:10250`, ['endpoint'])
  }
  if (url.username !== '' || url.password !== '')
    throw new ConfigError('who asks is said by auth_type, and not in the endpoint', ['endpoint'])
  if (authType !== 'none' && url.protocol === 'http:') {
    throw new ConfigError(`auth_type ${authType} needs https: what it shows is for the kubelet alone`, [
      'endpoint',
    ])
  }
  // A URL leaves out the port that its scheme has anyway.
  if (url.port === '' && !/:\d+\/?$/.test(text))
    url.port = String(ports[url.protocol === 'http:' ? 'http' : 'https'])
  return url
}

function checkCertificate(options: KubeletClientOptions): void {
  const { auth_type: authType, cert_file: cert = '', key_file: key = '' } = options
  if (authType !== 'tls' || (cert !== '' && key !== '')) return
  const missing = [...(cert === '' ? ['cert_file'] : []), ...(key === '' ? ['key_file'] : [])]
  throw new ConfigError(`tls needs ${missing.join(' and ')}; in a pod use serviceAccount`, ['auth_type'])
}
