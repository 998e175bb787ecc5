import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'
import { maybe, several, time, type GeneratedKind } from './kind.ts'
import { ownerReferences } from './object-metadata.ts'

const template = {
  spec: { containers: [{ name: 'main', image: 'registry.example.org/job:1' }], restartPolicy: 'Never' },
}

function batch(name: string): Resource {
  return { group: 'batch', version: 'v1', name, namespaced: true }
}

/** How a job ended: the server takes only what its controller would write. */
function ending(random: SeededRandom, startTime: string): object {
  const condition = (type: string, reason?: string): object => ({
    type,
    status: 'True',
    lastTransitionTime: startTime,
    ...(reason === undefined ? {} : { reason }),
  })
  if (random.chance(0.5))
    return {
      succeeded: 1 + random.below(3),
      completionTime: startTime,
      conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
    }
  const reason = random.pick(['BackoffLimitExceeded', 'DeadlineExceeded', 'Evicted', 'PodFailurePolicy'])
  return {
    ...maybe(random, 0.8, () => ({ failed: 1 + random.below(5) })),
    conditions: [condition('FailureTarget', reason), condition('Failed', reason)],
  }
}

const jobs: GeneratedKind = {
  resource: batch('jobs'),
  make: (random) => ({
    metadata: ownerReferences(random),
    spec: {
      template,
      ...maybe(random, 0.6, () => ({ parallelism: 1 + random.below(5) })),
      ...maybe(random, 0.6, () => ({ completions: 9 })),
      ...maybe(random, 0.5, () => ({ activeDeadlineSeconds: 1 + random.below(9000) })),
    },
  }),
  status: (random, object) => {
    const status = object['status'] as { readonly startTime?: string; readonly conditions?: unknown }
    // What has ended remains as it is.
    if (status.conditions !== undefined) return status
    const startTime = status.startTime ?? time(random)
    if (random.chance(0.2)) return status
    if (random.chance(0.5)) return { startTime, ...ending(random, startTime) }
    return { startTime, active: 1, ...maybe(random, 0.5, () => ({ failed: random.below(5) })) }
  },
}

/**
 * None has both a day of the month and one of the week: kube-state-metrics takes that since 2.19 for days that are both, Kubernetes
 * and Weir for days that are either.
 */
const schedules = [
  '*/5 * * * *',
  '0 3 * * 1-5',
  '15,45 2-4 1 */2 *',
  '0 0 31 * *',
  '0 0 29 2 *',
  '30 2 * * SUN',
  '@hourly',
  '@weekly',
  '@every 1h30m',
] as const

const cronJobs: GeneratedKind = {
  resource: batch('cronjobs'),
  make: (random) => ({
    spec: {
      schedule: random.pick(schedules),
      jobTemplate: { spec: { template } },
      ...maybe(random, 0.5, () => ({ concurrencyPolicy: random.pick(['Allow', 'Forbid', 'Replace']) })),
      ...maybe(random, 0.5, () => ({
        timeZone: random.pick(['Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']),
      })),
      ...maybe(random, 0.3, () => ({ suspend: random.chance(0.5) })),
      ...maybe(random, 0.3, () => ({ startingDeadlineSeconds: random.below(900) })),
      ...maybe(random, 0.3, () => ({
        successfulJobsHistoryLimit: random.below(9),
        failedJobsHistoryLimit: 0,
      })),
    },
  }),
  status: (random) => ({
    active: several(random, 2, (index) => ({ kind: 'Job', name: `job-${index}` })),
    ...maybe(random, 0.7, () => ({ lastScheduleTime: time(random) })),
    ...maybe(random, 0.5, () => ({ lastSuccessfulTime: time(random) })),
  }),
  change: (random, object: KubernetesObject) => ({
    spec: { ...(object['spec'] as object), schedule: random.pick(schedules), suspend: random.chance(0.3) },
  }),
}

/** What ends one day. */
export const batchJobs: readonly GeneratedKind[] = [jobs, cronJobs]
