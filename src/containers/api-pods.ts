import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import type { ClusterOptions } from '#src/kubernetes/cluster-config.ts'
import { NodePods } from '#src/kubernetes/node-pods.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { IdentitySource, KnownContainers } from './identity-source.ts'
import { identitiesOfPodList } from './kubelet-pods.ts'

/** The API server as a source of identities. */
export class ApiPods implements IdentitySource {
  readonly address = 'the API server'
  readonly #pods: NodePods<KnownContainers>

  /** @param node whose pods are meant */
  constructor(options: ClusterOptions, node: string, surroundings: ClientSurroundings) {
    this.#pods = new NodePods(options, node, identitiesOf, surroundings)
  }

  async list(signal: AbortSignal): Promise<KnownContainers> {
    const known = await this.#pods.list(signal)
    return {
      containers: known.flatMap(({ containers }) => containers),
      pods: known.flatMap(({ pods }) => pods),
    }
  }

  close(): void {
    this.#pods.close()
  }
}

function identitiesOf(pod: KubernetesObject): KnownContainers {
  return identitiesOfPodList({ items: [pod] })
}
