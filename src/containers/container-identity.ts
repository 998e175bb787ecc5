/** Where a container is in its life, in the words of Docker and Kubernetes; a runtime that cannot tell says `unknown`. */
export const containerStates = ['created', 'running', 'paused', 'exited', 'unknown'] as const

export type ContainerState = (typeof containerStates)[number]

/** What a container wrote over its image. */
export interface WritableLayer {
  readonly usedBytes: number | bigint
  readonly usedInodes: number | bigint | undefined
  /** Where the filesystem that holds it is mounted. */
  readonly mountpoint: string
  /** When the runtime measured it, Unix time in milliseconds. */
  readonly time: number
}

/**
 * Who a container is, as a runtime or a file tells. A text that nobody told is empty; what else nobody told is undefined.
 * Texts are strangers': bounded in length, and free of control characters.
 */
export interface ContainerIdentity {
  /** The whole id, as cgroups have it. */
  readonly id: string
  /** `containerd`, `cri-o`, `docker`, `podman`; empty where only files tell. */
  readonly runtime: string
  /** Empty where it is not of a pod. */
  readonly pod: string
  readonly namespace: string
  /** With dashes. Of a static pod it is the hash of its manifest. */
  readonly podUid: string
  /**
   * The name in the pod's specification. Of a sandbox empty, or `POD` where the runtime labels it so (CRI-O, Docker), as the
   * kubelet's `/metrics/cadvisor` has it.
   */
  readonly container: string
  /** As it was asked for, where that is known: `docker.io/library/busybox:1.36`. */
  readonly image: string
  readonly imageId: string
  /** The runtime's own name: of containerd the id, of CRI-O and Docker `k8s_...`, of plain containers what the user chose. */
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly state: ContainerState
  /** Unix time in milliseconds, as all times here. */
  readonly createdAt: number | undefined
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly exitCode: number | undefined
  /** Why it ended, in the runtime's word: `Completed`, `Error`, `OOMKilled`. */
  readonly exitReason: string
  /** How often it was started again in its pod. */
  readonly restarts: number | undefined
  /** Whether it only holds the namespaces of a pod. */
  readonly isSandbox: boolean
  /** The sandbox of its pod; of a sandbox its own id. */
  readonly sandboxId: string
  /** Its first process, as the host counts. */
  readonly pid: number | undefined
  /** Whether it has the host's network; undefined where the runtime does not tell. */
  readonly hostNetwork: boolean | undefined
  /** The path of its log on the host. */
  readonly logPath: string
  readonly writableLayer: WritableLayer | undefined
}

/** Who a pod is. */
export interface PodIdentity {
  readonly pod: string
  readonly namespace: string
  readonly podUid: string
  /** The newest sandbox; empty where there is none known. */
  readonly sandboxId: string
  /** The first process of that sandbox, as the host counts. */
  readonly sandboxPid: number | undefined
  readonly hostNetwork: boolean | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** What a source of identities may tell of a container; what it leaves out nobody told. */
export type KnownIdentity = Pick<ContainerIdentity, 'id'> & Partial<ContainerIdentity>

/** A whole identity of what is known. */
export function identityOf(known: KnownIdentity): ContainerIdentity {
  return { ...nothingKnown, ...known }
}

const nothingKnown: Omit<ContainerIdentity, 'id'> = {
  runtime: '',
  pod: '',
  namespace: '',
  podUid: '',
  container: '',
  image: '',
  imageId: '',
  name: '',
  labels: new Map(),
  state: 'unknown',
  createdAt: undefined,
  startedAt: undefined,
  finishedAt: undefined,
  exitCode: undefined,
  exitReason: '',
  restarts: undefined,
  isSandbox: false,
  sandboxId: '',
  pid: undefined,
  hostNetwork: undefined,
  logPath: '',
  writableLayer: undefined,
}
