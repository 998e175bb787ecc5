import type { HostFiles } from '#src/host/host-files.ts'
import type { KnownIdentity, PodIdentity } from './container-identity.ts'
import { foreignText } from './foreign-text.ts'
import type { IdentitySource, KnownContainers } from './identity-source.ts'

/** The folders in which the kubelet has the logs of pods. */
const podsFolder = '/var/log/pods'
const linksFolder = '/var/log/containers'

/** `POD_NAMESPACE_CONTAINER-ID.log`: none of the three holds an underscore. */
const linkForm = /^(?<pod>[^_/]+)_(?<namespace>[^_/]+)_(?<container>[^_/]+)-(?<id>[0-9a-f]{64})\.log$/

/** `NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, where such a link leads. */
const logForm = /(?:^|\/)[^_/]+_[^_/]+_(?<uid>[^_/]+)\/[^/]+\/(?<restarts>\d{1,9})\.log$/

const podForm = /^(?<namespace>[^_/]+)_(?<pod>[^_/]+)_(?<uid>[^_/]+)$/

/** More than any node has. */
const mostFiles = 20_000

/**
 * What the names of the kubelet's log files tell, where no runtime is to be asked: who a container is, and how often it was
 * started again. Nothing is opened.
 */
export class PodLogs implements IdentitySource {
  readonly address: string
  readonly #files: HostFiles

  constructor(files: HostFiles) {
    this.#files = files
    this.address = files.pathOf('/var/log')
  }

  async list(): Promise<KnownContainers> {
    await Promise.resolve()
    return {
      containers: this.#files
        .list(linksFolder)
        .slice(0, mostFiles)
        .flatMap((link) => this.#containerOf(link)),
      pods: this.#files.list(podsFolder).slice(0, mostFiles).flatMap(podOf),
    }
  }

  close(): void {
    // Nothing is open.
  }

  #containerOf(link: string): KnownIdentity[] {
    const { pod, namespace, container, id } = linkForm.exec(link)?.groups ?? {}
    if (id === undefined) return []
    const logPath = this.#files.link(`${linksFolder}/${link}`) ?? ''
    const { uid, restarts } = logForm.exec(logPath)?.groups ?? {}
    return [
      {
        id,
        pod: foreignText(pod),
        namespace: foreignText(namespace),
        container: foreignText(container),
        name: id,
        podUid: foreignText(uid),
        restarts: restarts === undefined ? undefined : Number(restarts),
        logPath: foreignText(logPath),
      },
    ]
  }
}

function podOf(folder: string): PodIdentity[] {
  const { namespace, pod, uid } = podForm.exec(folder)?.groups ?? {}
  if (uid === undefined) return []
  return [
    {
      pod: foreignText(pod),
      namespace: foreignText(namespace),
      podUid: foreignText(uid),
      sandboxId: '',
      sandboxPid: undefined,
      hostNetwork: undefined,
      labels: new Map(),
    },
  ]
}
