import type { V1CronJob } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { cronSchedule, type CronSchedule } from '../cron/schedule.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { created, resourceVersion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool, seconds } from '../values.ts'

type CronJob = ApiObject<V1CronJob>
const of = family<CronJob>()

function scheduleOf({ spec }: CronJob): CronSchedule | undefined {
  return cronSchedule(spec?.schedule ?? '', spec?.timeZone ?? undefined)
}

/** CronJobs, as `kube_cronjob_*`. */
export const cronJobs = stateResource<CronJob>({
  resource: { group: 'batch', version: 'v1', name: 'cronjobs', namespaced: true },
  byDefault: true,
  prefix: 'kube_cronjob',
  label: 'cronjob',
  attribute: 'k8s.cronjob',
  families: [
    of(
      labelFact({
        fact: 'when its jobs begin, and what happens if they overlap',
        source: 'spec.schedule, concurrencyPolicy, timeZone',
        prometheus: 'kube_cronjob_info',
        labels: ['schedule', 'concurrency_policy', 'timezone'],
      }),
      ({ spec }, add) =>
        add(1, {
          schedule: spec?.schedule ?? '',
          concurrency_policy: spec?.concurrencyPolicy ?? '',
          timezone: spec?.timeZone ?? 'local',
        }),
    ),
    created('kube_cronjob'),
    of(
      numberFact({
        fact: 'jobs of it that run',
        source: 'status.active, counted',
        prometheus: 'kube_cronjob_status_active',
        unit: '{job}',
        otel: 'k8s.cronjob.active_jobs',
        semconv: 'k8s.cronjob.job.active',
      }),
      ({ status }) => status?.active?.length ?? 0,
    ),
    of(
      numberFact({
        fact: 'when its last job was due, in Unix seconds',
        source: 'status.lastScheduleTime',
        prometheus: 'kube_cronjob_status_last_schedule_time',
      }),
      ({ status }) => seconds(status?.lastScheduleTime),
    ),
    of(
      numberFact({
        fact: 'when a job of it succeeded last, in Unix seconds',
        source: 'status.lastSuccessfulTime',
        prometheus: 'kube_cronjob_status_last_successful_time',
      }),
      ({ status }) => seconds(status?.lastSuccessfulTime),
    ),
    of(
      numberFact({
        fact: 'whether it begins no jobs',
        source: 'spec.suspend',
        prometheus: 'kube_cronjob_spec_suspend',
      }),
      ({ spec }) => bool(spec?.suspend),
    ),
    of(
      numberFact({
        fact: 'seconds by which a job may begin late',
        source: 'spec.startingDeadlineSeconds',
        prometheus: 'kube_cronjob_spec_starting_deadline_seconds',
      }),
      ({ spec }) => spec?.startingDeadlineSeconds,
    ),
    of(
      numberFact({
        fact: 'when its next job is due, in Unix seconds: the first time after its last job or, before the first one, after its creation',
        source: 'spec.schedule, timeZone, suspend, status.lastScheduleTime, metadata.creationTimestamp',
        prometheus: 'kube_cronjob_next_schedule_time',
      }),
      (cronJob) => {
        const { metadata, spec, status } = cronJob
        const after = seconds(status?.lastScheduleTime) ?? seconds(metadata.creationTimestamp)
        if (spec?.suspend === true || after === undefined) return undefined
        return scheduleOf(cronJob)?.(after)
      },
    ),
    of(
      numberFact({
        fact: 'that its schedule or time zone is none; absent otherwise',
        source: 'spec.schedule, timeZone',
        prometheus: 'kube_cronjob_schedule_invalid',
      }),
      (cronJob) => (scheduleOf(cronJob) === undefined ? 1 : undefined),
    ),
    resourceVersion('kube_cronjob'),
    of(
      numberFact({
        fact: 'jobs that succeeded and are kept',
        source: 'spec.successfulJobsHistoryLimit',
        prometheus: 'kube_cronjob_spec_successful_job_history_limit',
      }),
      ({ spec }) => spec?.successfulJobsHistoryLimit,
    ),
    of(
      numberFact({
        fact: 'jobs that failed and are kept',
        source: 'spec.failedJobsHistoryLimit',
        prometheus: 'kube_cronjob_spec_failed_job_history_limit',
      }),
      ({ spec }) => spec?.failedJobsHistoryLimit,
    ),
  ],
})
