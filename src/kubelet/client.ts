import type { BodySink } from '#src/http/client/answer-body.ts'
import { CollectedBody } from '#src/http/client/collected-body.ts'
import type { Answer, GetRequest, HttpClient } from '#src/http/client/http-client.ts'
import { visibleText } from '#src/text/visible-text.ts'

/** A kubelet that answered, though not with what was asked for. The message is for people. */
export class KubeletRefusal extends Error {
  override readonly name = 'KubeletRefusal'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Who the client is to the kubelet. */
export type KubeletAuthType = 'none' | 'tls' | 'serviceAccount' | 'kubeConfig'

/** How requests get to a kubelet: as they are, or through the API server. */
export type KubeletWay = Pick<HttpClient, 'get' | 'conceal' | 'close'>

/** Bytes of an answer of JSON at most: what 5,000 containers need takes a tenth of it. */
const largestJson = 64 * 1_048_576

const encodings = ['gzip'] as const

/** Characters of what a kubelet says about a refusal that are told. */
const longestExcerpt = 256

/** Asks one kubelet. */
export class KubeletClient {
  /** Where it is: scheme, host and port. */
  readonly base: URL
  readonly #way: KubeletWay
  readonly #authType: KubeletAuthType

  /** @param way says who asks; it is closed with this one */
  constructor(
    way: KubeletWay,
    { base, authType }: { readonly base: URL; readonly authType: KubeletAuthType },
  ) {
    this.#way = way
    this.base = base
    this.#authType = authType
  }

  /**
   * Gets a body as a stream; statuses other than 2xx are errors that say what the kubelet's administrator must do.
   *
   * @throws {KubeletRefusal}, {ClientError}, what the sink threw, or the signal's reason
   */
  async get(request: GetRequest, sink: BodySink, signal?: AbortSignal): Promise<Answer> {
    const answer = await this.#way.get(request, sink, signal)
    if (answer.status < 200 || answer.status >= 300) {
      throw new KubeletRefusal(answer.status, this.#refusalText(answer, request.url))
    }
    return answer
  }

  /**
   * Gets a body as text.
   *
   * @param path with its query: `/stats/summary`
   * @throws as `get`; {ClientError} `body_too_large` beyond 64 MiB
   */
  async getText(path: string, timeoutMs: number, signal?: AbortSignal): Promise<string> {
    const body = new CollectedBody()
    const url = new URL(path, this.base)
    await this.get({ url, timeoutMs, encodings, bodySizeLimit: largestJson }, body, signal)
    return body.text
  }

  /** A text of the kubelet without the secrets that it was told. */
  conceal(text: string, url: URL): string {
    return this.#way.conceal(text, url)
  }

  /** Closes idle connections. */
  close(): void {
    this.#way.close()
  }

  #refusalText({ status, excerpt }: Answer, url: URL): string {
    const { pathname: path } = url
    const said = visibleText(this.conceal(excerpt, url).trim().slice(0, longestExcerpt))
    const saying = said === '' ? '' : `: ${said}`
    const isProxied = this.#authType === 'kubeConfig'
    const who = isProxied ? 'the API server' : 'the kubelet'
    if (status === 401)
      return `${who} does not know who asks for ${path} (401): ${unknownAsker[this.#authType]}`
    if (status === 403) {
      const [, known = 'nodes/proxy'] = subresources.find(([prefix]) => path.startsWith(prefix)) ?? []
      const resource = isProxied ? 'nodes/proxy' : known
      return `${who} does not allow ${path} (403)${saying}. The role of who asks needs a rule with apiGroups [""], resources [${resource}] and verbs [get]`
    }
    if (status === 404 && isProxied)
      return `there is no node ${url.hostname}, or its kubelet has no ${path} (404)${saying}`
    if (status === 404) return `the kubelet has no ${path} (404): it is too old, or a virtual one without it`
    return `${who} answered ${path} with ${status}${saying}`
  }
}

/** Why a kubelet does not know who asks. */
const unknownAsker: Readonly<Record<KubeletAuthType, string>> = {
  none: 'it lets nobody in who does not say who he is: set auth_type to serviceAccount or tls',
  tls: 'the certificate of cert_file is not of an authority that it trusts (its clientCAFile)',
  serviceAccount:
    'the token of token_file is not valid for it: it must be of this cluster and not expired, and the kubelet must ask the API server (authentication.webhook)',
  kubeConfig: 'the user of the kubeconfig is not valid for it',
}

/** The subresource of nodes that a kubelet asks about before it answers, by the beginning of the path. */
const subresources = [
  ['/stats', 'nodes/stats'],
  ['/metrics', 'nodes/metrics'],
  ['/pods', 'nodes/pods (nodes/proxy before Kubernetes 1.33)'],
] as const
