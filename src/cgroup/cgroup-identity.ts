/** What a cgroup is of. */
export type CgroupKind = 'root' | 'slice' | 'pod' | 'container'

/** The quality of service of a pod, in the words of Kubernetes. */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

/** What the path of a cgroup tells. */
export interface CgroupIdentity {
  readonly kind: CgroupKind
  /** With dashes, whatever the driver; of a static pod it may be the hash of its manifest. Empty outside of a pod. */
  readonly podUid: string
  /** Of a pod and its containers. */
  readonly qos: QosClass | undefined
  /** Empty where it is no container. */
  readonly containerId: string
  /** What made the container, as the path calls it: `cri-containerd`, `crio`, `docker`, `libpod`; empty where it does not. */
  readonly runtime: string
}

/** The cgroup that all others are in. */
export const rootIdentity: CgroupIdentity = {
  kind: 'root',
  podUid: '',
  qos: undefined,
  containerId: '',
  runtime: '',
}

const slice: CgroupIdentity = { ...rootIdentity, kind: 'slice' }

/** `pod` and a UID, or the hash of a static pod's manifest; not the `pod` of `kubepods`. */
const podName = /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/

/** A manifest of a static pod may set any UID. Only below `kubepods` is such a name a pod's. */
const anyPodName = /(?:^|-)pod([A-Za-z0-9_.-]{1,253}?)(?:\.slice)?$/

/** The name of the folder under which the kubelet has its pods, with what stands before it in kind and behind a class. */
const podsName = /(?:^|-)kubepods(?:-burstable|-besteffort)?(?:\.slice)?$/

const qosName = /(?:^|-)(burstable|besteffort)(?:\.slice)?$/

/** An id as every runtime of pods makes it, with what the runtime puts before it. */
const containerName = /^(?:([a-z][a-z0-9-]{0,40})-)?([0-9a-f]{64})$/

/** Runtimes that name a container as they like, and let it be seen. */
const namedContainer = /^(cri-containerd|nerdctl|lxc\.payload)[-.]([A-Za-z0-9][A-Za-z0-9_.-]{0,75})$/

/** Monitors of containers: processes of the runtime, beside the container. */
const monitorName = /^(?:crio|libpod)-conmon-/

/** Whether the kubelet has its pods below a folder of this name. */
export function holdsPods(name: string): boolean {
  return podsName.test(name)
}

/** Whether a folder is none of a container nor above one: monitors, mounts and builds. */
export function isIgnored(name: string): boolean {
  return monitorName.test(name) || name.endsWith('.mount') || name === 'buildkit'
}

/**
 * What a cgroup is, by its name and where it stands.
 *
 * @param name its last component, as the folder is called
 * @param parent what it stands in: what a pod or a container is inherits from there
 * @param inPods whether it is below the kubelet's folder
 */
export function identify(name: string, parent: CgroupIdentity, inPods: boolean): CgroupIdentity {
  // containerd that is not told of systemd takes the whole name that the kubelet gave: SLICE:PREFIX:ID.
  const [first = '', ...rest] = name.split(':')
  if (rest.length === 2) {
    const [runtime = '', containerId = ''] = rest
    const pod = podOf(first, inPods || first.includes('kubepods'))
    return { kind: 'container', podUid: pod?.podUid ?? parent.podUid, qos: pod?.qos, containerId, runtime }
  }
  const pod = parent.kind === 'container' ? undefined : podOf(name, inPods)
  if (pod !== undefined) return { ...pod, qos: parent.qos ?? pod.qos }
  const container = containerOf(name, parent)
  if (container !== undefined) return container
  const qos = inPods ? classOf(name) : undefined
  return qos === undefined ? slice : { ...slice, qos }
}

function podOf(name: string, inPods: boolean): CgroupIdentity | undefined {
  const [, uid] = podName.exec(name) ?? (inPods ? anyPodName.exec(name) : null) ?? []
  if (uid === undefined || podsName.test(name)) return undefined
  // systemd takes a dash for a level of slices, so the kubelet writes underscores.
  const podUid = name.endsWith('.slice') ? uid.replaceAll('_', '-') : uid
  return {
    kind: 'pod',
    podUid,
    qos: classOf(parentClass(name)) ?? 'Guaranteed',
    containerId: '',
    runtime: '',
  }
}

function containerOf(name: string, parent: CgroupIdentity): CgroupIdentity | undefined {
  const unit = name.endsWith('.scope') ? name.slice(0, -'.scope'.length) : name
  const [, runtime = '', containerId] = containerName.exec(unit) ?? namedContainer.exec(unit) ?? []
  if (containerId === undefined) return undefined
  return { kind: 'container', podUid: parent.podUid, qos: parent.qos, containerId, runtime }
}

/** What stands before `-pod...` in the name of a slice: `kubepods-burstable`. */
function parentClass(name: string): string {
  const pod = name.lastIndexOf('-pod')
  return pod < 0 ? '' : name.slice(0, pod)
}

function classOf(name: string): QosClass | undefined {
  const [, word] = qosName.exec(name) ?? []
  if (word === undefined) return undefined
  return word === 'burstable' ? 'Burstable' : 'BestEffort'
}
