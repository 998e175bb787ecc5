import type { BodySink } from '#src/http/client/answer-body.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import type { Answer, GetRequest } from '#src/http/client/http-client.ts'
import { openCluster, type ClusterAccess } from '#src/kubernetes/cluster-access.ts'
import type { ClusterOptions } from '#src/kubernetes/cluster-config.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { KubeletWay } from './client.ts'

/** The way to a kubelet through the API server, for who cannot reach the node: as `kubectl get --raw` has it. */
export class ApiServerProxy implements KubeletWay {
  readonly #options: ClusterOptions
  readonly #surroundings: ClientSurroundings
  #opened: Promise<ClusterAccess> | undefined
  #access: ClusterAccess | undefined

  constructor(options: ClusterOptions, surroundings: ClientSurroundings) {
    this.#options = options
    this.#surroundings = surroundings
  }

  /** @param request for a URL as if the kubelet were asked itself; its host is the name of the node */
  async get(request: GetRequest, sink: BodySink, signal?: AbortSignal): Promise<Answer> {
    const { server, client } = await this.#open()
    return await client.get({ ...request, url: proxied(request.url, server) }, sink, signal)
  }

  conceal(text: string, url: URL): string {
    return this.#access?.client.conceal(text, url) ?? text
  }

  close(): void {
    void this.#opened?.then(
      ({ client }) => client.close(),
      () => undefined,
    )
  }

  async #open(): Promise<ClusterAccess> {
    this.#opened ??= openCluster(this.#options, this.#surroundings)
    try {
      return (this.#access = await this.#opened)
    } catch (error) {
      // A file that is not there may be there later.
      this.#opened = undefined
      throw error instanceof ClientError
        ? error
        : new ClientError('credentials_unavailable', describeError(error), { cause: error })
    }
  }
}

function proxied({ hostname, pathname, search }: URL, server: URL): URL {
  const url = new URL(server)
  const before = url.pathname.replace(/\/$/, '')
  url.pathname = `${before}/api/v1/nodes/${encodeURIComponent(hostname)}/proxy${pathname}`
  url.search = search
  return url
}
