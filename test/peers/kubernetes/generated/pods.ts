import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { SeededRandom } from '#src/testing/random.ts'
import { conditions, maybe, several, time, type GeneratedKind } from './kind.ts'
import { ownerReferences } from './object-metadata.ts'

const cpus = ['100m', '0.5', '1', '1500m', '2'] as const
const sizes = ['64Mi', '1Gi', '1.5Gi', '100M', '1e8', '123456789'] as const

/** What a container asks for: parts, multiples, and what only some nodes have. */
function resources(random: SeededRandom): object {
  if (random.chance(0.2)) return {}
  const { cpu, memory } = { cpu: random.pick(cpus), memory: random.pick(sizes) }
  const rare = {
    ...maybe(random, 0.2, () => ({ 'ephemeral-storage': random.pick(sizes) })),
    ...maybe(random, 0.2, () => ({ 'example.com/gpu': String(1 + random.below(4)) })),
    ...maybe(random, 0.2, () => ({ 'hugepages-2Mi': '64Mi' })),
  }
  const limits = { cpu, memory, ...rare }
  // A fraction of the least unit is rounded, not refused.
  const requests = { ...limits, ...maybe(random, 0.3, () => ({ cpu: '0.0005' })) }
  return { resources: { limits, ...maybe(random, 0.8, () => ({ requests })) } }
}

function container(random: SeededRandom, name: string): object {
  return { name, image: `registry.example.org/${name}:${random.below(9)}`, ...resources(random) }
}

function toleration(random: SeededRandom): object {
  return {
    ...maybe(random, 0.8, () => ({ key: random.pick(['dedicated', 'example.org/x']) })),
    operator: 'Exists',
    ...maybe(random, 0.6, () => ({
      effect: 'NoExecute',
      ...maybe(random, 0.5, () => ({ tolerationSeconds: random.below(900) })),
    })),
  }
}

function volumes(random: SeededRandom): object {
  return {
    volumes: several(random, 3, (index) => {
      const name = `v${index}`
      if (random.chance(0.3)) return { name, emptyDir: {} }
      const readOnly = maybe(random, 0.5, () => ({ readOnly: true }))
      return { name, persistentVolumeClaim: { claimName: `claim-${random.below(9)}`, ...readOnly } }
    }),
  }
}

interface ContainerOfSpec {
  readonly name: string
  readonly image: string
}

interface PodSpec {
  readonly containers: readonly ContainerOfSpec[]
  readonly initContainers?: readonly ContainerOfSpec[]
}

const waitingReasons = [
  'ContainerCreating',
  'PodInitializing',
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'CreateContainerConfigError',
  '',
] as const
const endings = [
  ['Completed', 0],
  ['Error', 1],
  ['OOMKilled', 137],
  ['ContainerCannotRun', 127],
  ['DeadlineExceeded', 143],
  ['Evicted', 137],
  ['', 2],
] as const

function terminated(random: SeededRandom): object {
  const [reason, exitCode] = random.pick<readonly [string, number]>(endings)
  const [startedAt, finishedAt] = [time(random), time(random)].toSorted()
  // A container that was lost has no times.
  return { terminated: { exitCode, reason, ...maybe(random, 0.9, () => ({ startedAt, finishedAt })) } }
}

function state(random: SeededRandom): object {
  const kind = random.below(8)
  if (kind < 2) return { waiting: { reason: random.pick(waitingReasons) } }
  if (kind < 4) return terminated(random)
  return kind === 7 ? {} : { running: { startedAt: time(random) } }
}

function containerStatus(random: SeededRandom, { name, image }: ContainerOfSpec): object {
  return {
    name,
    image: random.chance(0.8) ? image : 'sha256:0123',
    imageID: random.chance(0.8) ? `registry.example.org/${name}@sha256:0123` : '',
    ...maybe(random, 0.8, () => ({ containerID: `containerd://${random.below(10 ** 9)}` })),
    ready: random.chance(0.5),
    restartCount: random.chance(0.5) ? 0 : random.below(40),
    state: state(random),
    ...maybe(random, 0.3, () => ({ lastState: terminated(random) })),
  }
}

/** Those that the kubelet has got to. */
function statusesOf(random: SeededRandom, containers: readonly ContainerOfSpec[] = []): object[] {
  return containers.filter(() => random.chance(0.9)).map((each) => containerStatus(random, each))
}

const phases = ['Pending', 'Running', 'Running', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const
const reasons = [
  'Evicted',
  'NodeAffinity',
  'NodeLost',
  'Shutdown',
  'UnexpectedAdmissionError',
  'Other',
] as const

function podStatus(random: SeededRandom, object: KubernetesObject): object {
  const { containers, initContainers } = object['spec'] as PodSpec
  const ip = `10.1.${random.below(200)}.${random.below(200)}`
  const types = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready', 'example.org/gate']
  return {
    ...(object['status'] as object),
    phase: random.pick(phases),
    conditions: conditions(random, types, ['Unschedulable', 'NodeLost', 'PodCompleted']),
    ...maybe(random, 0.2, () => ({ reason: random.pick(reasons) })),
    ...maybe(random, 0.8, () => ({
      hostIP: '10.0.0.7',
      podIP: ip,
      podIPs: [{ ip }, ...(random.chance(0.3) ? [{ ip: 'fd00::1' }] : [])],
    })),
    ...maybe(random, 0.8, () => ({ startTime: time(random) })),
    containerStatuses: statusesOf(random, containers),
    initContainerStatuses: statusesOf(random, initContainers),
  }
}

export const pods: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'pods', namespaced: true },
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: {
      containers: several(random, 3, (index) => container(random, `c${index}`), 1),
      ...maybe(random, 0.4, () => ({
        initContainers: several(
          random,
          2,
          (index) => ({
            ...container(random, `init-${index}`),
            ...maybe(random, 0.4, () => ({ restartPolicy: 'Always' })),
          }),
          1,
        ),
      })),
      // What has ended begins again only under this one, and the server sees to it.
      restartPolicy: random.pick(['Always', 'Always', 'Always', 'OnFailure', 'Never']),
      ...maybe(random, 0.8, () => ({ nodeName: `node-${random.below(20)}` })),
      ...maybe(random, 0.2, () => ({ priorityClassName: 'system-cluster-critical' })),
      ...maybe(random, 0.2, () => ({ hostNetwork: true })),
      ...maybe(random, 0.2, () => ({ runtimeClassName: 'gvisor' })),
      ...maybe(random, 0.3, () => ({ nodeSelector: { disk: 'ssd', 'example.org/Zone': 'a' } })),
      ...maybe(random, 0.3, () => ({ tolerations: several(random, 3, () => toleration(random)) })),
      ...maybe(random, 0.3, () => ({ schedulerName: 'my-scheduler' })),
      ...maybe(random, 0.3, () => ({ serviceAccountName: 'robot' })),
      ...maybe(random, 0.4, () => volumes(random)),
    },
  }),
  status: podStatus,
}
