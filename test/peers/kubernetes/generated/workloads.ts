import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'
import { conditions, maybe, several, type GeneratedKind } from './kind.ts'
import { ownerReferences } from './object-metadata.ts'

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'registry.example.org/web:1' }] },
}
const selector = { matchLabels: { app: 'web' } }
const shares = ['25%', '100%', '7%', 0, 3] as const

function apps(name: string): Resource {
  return { group: 'apps', version: 'v1', name, namespaced: true }
}

/** How many are wanted: one where it is not said. */
function replicas(random: SeededRandom): object {
  return maybe(random, 0.85, () => ({ replicas: random.below(30) }))
}

/** A count for each field, or none at all while no controller has been there. */
function counts(random: SeededRandom, fields: readonly string[]): object {
  if (random.chance(0.1)) return {}
  return Object.fromEntries(fields.filter(() => random.chance(0.8)).map((field) => [field, random.below(30)]))
}

/** The specification with other numbers of replicas. */
function scaled(random: SeededRandom, object: KubernetesObject): { readonly spec: object } {
  return { spec: { ...(object['spec'] as object), replicas: random.below(30) } }
}

const deployments: GeneratedKind = {
  resource: apps('deployments'),
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: {
      selector,
      template,
      ...replicas(random),
      ...maybe(random, 0.3, () => ({ paused: true })),
      ...maybe(random, 0.7, () => ({
        strategy: random.pick<object>([
          { type: 'Recreate' },
          {
            type: 'RollingUpdate',
            rollingUpdate: { maxSurge: random.pick<string | number>(shares), maxUnavailable: 1 },
          },
          {
            type: 'RollingUpdate',
            rollingUpdate: { maxSurge: '1%', maxUnavailable: random.pick<string | number>(shares) },
          },
        ]),
      })),
    },
  }),
  status: (random) => {
    // The server holds that those available are among those ready, and these among all.
    const [availableReplicas, readyReplicas, all] = ordered(random, 3)
    return {
      ...maybe(random, 0.9, () => ({
        availableReplicas,
        readyReplicas,
        replicas: all,
        updatedReplicas: availableReplicas,
      })),
      ...counts(random, ['unavailableReplicas', 'observedGeneration']),
      conditions: conditions(
        random,
        ['Available', 'Progressing', 'ReplicaFailure'],
        ['MinimumReplicasAvailable', 'ProgressDeadlineExceeded', 'FailedCreate', 'SomethingElse'],
      ),
    }
  },
  change: scaled,
}

/** Numbers of which none is greater than the next. */
function ordered(random: SeededRandom, count: number): number[] {
  return [...Array(count).keys()].map(() => random.below(30)).toSorted((one, other) => one - other)
}

function replicaStatus(random: SeededRandom): object {
  const [availableReplicas, readyReplicas, all] = ordered(random, 3)
  return {
    replicas: all,
    ...maybe(random, 0.8, () => ({ availableReplicas, readyReplicas })),
    ...maybe(random, 0.8, () => ({ fullyLabeledReplicas: availableReplicas })),
    ...counts(random, ['observedGeneration']),
  }
}

const replicaSets: GeneratedKind = {
  resource: apps('replicasets'),
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: { selector, template, ...replicas(random) },
  }),
  status: replicaStatus,
  change: scaled,
}

const replicationControllers: GeneratedKind = {
  resource: { group: '', version: 'v1', name: 'replicationcontrollers', namespaced: true },
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: { selector: { app: 'web' }, template, ...replicas(random) },
  }),
  status: replicaStatus,
  change: scaled,
}

const statefulSets: GeneratedKind = {
  resource: apps('statefulsets'),
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: {
      selector,
      template,
      serviceName: 'web',
      ...replicas(random),
      ...maybe(random, 0.3, () => ({ ordinals: { start: random.below(5) } })),
      ...maybe(random, 0.4, () => ({
        persistentVolumeClaimRetentionPolicy: {
          whenDeleted: random.pick(['Retain', 'Delete']),
          whenScaled: 'Delete',
        },
      })),
    },
  }),
  status: (random) => {
    const [availableReplicas, readyReplicas, all] = ordered(random, 3)
    return {
      replicas: all,
      ...maybe(random, 0.8, () => ({ availableReplicas, readyReplicas, currentReplicas: availableReplicas })),
      ...maybe(random, 0.8, () => ({ updatedReplicas: readyReplicas })),
      ...counts(random, ['observedGeneration']),
      ...maybe(random, 0.8, () => ({
        currentRevision: 'web-1',
        updateRevision: `web-${1 + random.below(3)}`,
      })),
    }
  },
  change: scaled,
}

const daemonSets: GeneratedKind = {
  resource: apps('daemonsets'),
  make: (random) => ({ metadata: ownerReferences(random), spec: { selector, template } }),
  status: (random) =>
    Object.fromEntries(
      [
        'currentNumberScheduled',
        'desiredNumberScheduled',
        'numberAvailable',
        'numberMisscheduled',
        'numberReady',
        'numberUnavailable',
        'observedGeneration',
        'updatedNumberScheduled',
      ]
        // The server wants those that are not optional.
        .map((field) => [field, random.below(9)]),
    ),
}

const budgets: GeneratedKind = {
  resource: { group: 'policy', version: 'v1', name: 'poddisruptionbudgets', namespaced: true },
  make: (random) => ({ spec: { selector, minAvailable: random.pick<string | number>(shares) } }),
  status: (random) => ({
    currentHealthy: random.below(9),
    desiredHealthy: random.below(9),
    disruptionsAllowed: random.below(9),
    expectedPods: random.below(9),
    ...counts(random, ['observedGeneration']),
    ...maybe(random, 0.5, () => ({ conditions: conditions(random, ['DisruptionAllowed']) })),
  }),
}

type Target = 'Utilization' | 'AverageValue' | 'Value'

const quantities = ['500m', '10', '1k', '1500m', '2Gi', '0'] as const

function target(random: SeededRandom, type: Target): object {
  if (type === 'Utilization') return { type, averageUtilization: 1 + random.below(100) }
  return { type, [type === 'Value' ? 'value' : 'averageValue']: random.pick(['500m', '10', '1k', '2Gi']) }
}

function current(random: SeededRandom): object {
  const kinds = ['averageUtilization', 'averageValue', 'value'].filter(() => random.chance(0.6))
  return Object.fromEntries(
    kinds.map((kind) => [kind, kind === 'averageUtilization' ? random.below(100) : random.pick(quantities)]),
  )
}

/** A metric to scale by, as it is wanted and as it is. */
function scalingMetric(random: SeededRandom, index: number, isWanted: boolean): object {
  const about = (types: readonly [Target, ...Target[]]): object =>
    isWanted
      ? { target: target(random, random.pick(types)) }
      : { current: { averageValue: '1', ...current(random) } }
  const metric = {
    name: `metric-${index}`,
    ...maybe(random, 0.3, () => ({ selector: { matchLabels: { a: 'b' } } })),
  }
  return random.pick<() => object>([
    () => ({ type: 'Resource', resource: { name: 'cpu', ...about(['Utilization', 'AverageValue']) } }),
    () => ({
      type: 'ContainerResource',
      containerResource: { name: 'memory', container: 'main', ...about(['Utilization', 'AverageValue']) },
    }),
    () => ({ type: 'Pods', pods: { metric, ...about(['AverageValue']) } }),
    () => ({
      type: 'Object',
      object: {
        metric,
        describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
        ...about(['Value', 'AverageValue']),
      },
    }),
    () => ({ type: 'External', external: { metric, ...about(['Value', 'AverageValue']) } }),
  ])()
}

const autoscalers: GeneratedKind = {
  resource: { group: 'autoscaling', version: 'v2', name: 'horizontalpodautoscalers', namespaced: true },
  make: (random) => ({
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `deployments-${random.below(9)}` },
      maxReplicas: 10 + random.below(30),
      ...maybe(random, 0.7, () => ({ minReplicas: 1 + random.below(9) })),
      ...maybe(random, 0.8, () => ({
        metrics: several(random, 3, (index) => scalingMetric(random, index, true)),
      })),
    },
  }),
  status: (random) => ({
    currentReplicas: random.below(30),
    desiredReplicas: random.below(30),
    ...counts(random, ['observedGeneration']),
    currentMetrics: several(random, 3, (index) => scalingMetric(random, index, false)),
    conditions: conditions(random, ['AbleToScale', 'ScalingActive', 'ScalingLimited']),
  }),
  change: (random, object) => ({
    spec: { ...(object['spec'] as object), maxReplicas: 10 + random.below(30) },
  }),
}

/** What keeps pods running, and how many of them. */
export const workloads: readonly GeneratedKind[] = [
  deployments,
  replicaSets,
  replicationControllers,
  statefulSets,
  daemonSets,
  budgets,
  autoscalers,
]
