import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { podListJson, type Pod } from '#src/kubelet/pod-list.ts'
import type { ClusterOptions } from '#src/kubernetes/cluster-config.ts'
import { NodePods } from '#src/kubernetes/node-pods.ts'
import type { KubernetesObject } from '#src/kubernetes/object.ts'

/** How long who asks waits for the first list. */
const patienceMs = 10_000

/** The pods of a node, as the API server tells them. */
export class ApiPods {
  readonly #pods: NodePods<Pod>

  constructor(options: ClusterOptions, node: string, surroundings: ClientSurroundings) {
    this.#pods = new NodePods(options, node, withoutManagers, surroundings)
  }

  /**
   * The list as JSON.
   *
   * @throws {Error} where the API server never told them, that says why
   */
  async list(): Promise<string> {
    return podListJson(await this.#pods.list(AbortSignal.timeout(patienceMs)))
  }

  close(): void {
    this.#pods.close()
  }
}

/** Who wrote which field is half of an object, and of no use here. */
function withoutManagers(pod: KubernetesObject): Pod {
  const { managedFields: _, ...metadata } = pod.metadata
  return { ...pod, metadata }
}
