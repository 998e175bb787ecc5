import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { cronJobs } from './cronjobs.ts'

const cronJob = {
  metadata: {
    name: 'bill',
    namespace: 'shop',
    uid: 'b1',
    resourceVersion: '4711',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    schedule: '30 4 * * 1-5',
    timeZone: 'Europe/Berlin',
    startingDeadlineSeconds: 120,
    concurrencyPolicy: 'Forbid',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  },
  status: {
    active: [{ kind: 'Job', namespace: 'shop', name: 'bill-29' }],
    lastScheduleTime: '2026-03-27T03:30:00Z',
    lastSuccessfulTime: '2026-03-26T03:31:10Z',
  },
}

test('a CronJob is told as kube-state-metrics does', () => {
  expect(tell(cronJobs, cronJob)).toEqual([
    'kube_cronjob_info{concurrency_policy="Forbid", cronjob="bill", namespace="shop", schedule="30 4 * * 1-5", timezone="Europe/Berlin"} 1',
    'kube_cronjob_created{cronjob="bill", namespace="shop"} 1767225600',
    'kube_cronjob_status_active{cronjob="bill", namespace="shop"} 1',
    'kube_cronjob_status_last_schedule_time{cronjob="bill", namespace="shop"} 1774582200',
    'kube_cronjob_status_last_successful_time{cronjob="bill", namespace="shop"} 1774495870',
    'kube_cronjob_spec_suspend{cronjob="bill", namespace="shop"} 0',
    'kube_cronjob_spec_starting_deadline_seconds{cronjob="bill", namespace="shop"} 120',
    'kube_cronjob_next_schedule_time{cronjob="bill", namespace="shop"} 1774837800',
    'kube_cronjob_metadata_resource_version{cronjob="bill", namespace="shop"} 4711',
    'kube_cronjob_spec_successful_job_history_limit{cronjob="bill", namespace="shop"} 3',
    'kube_cronjob_spec_failed_job_history_limit{cronjob="bill", namespace="shop"} 1',
  ])
})

test("a CronJob is told in the Collector's words", () => {
  expect(tell(cronJobs, cronJob, { naming: 'otel' })).toEqual([
    'k8s.cronjob.active_jobs{} 1 [k8s.cronjob.name="bill", k8s.cronjob.uid="b1", k8s.namespace.name="shop"]',
  ])
})

test('a CronJob is told in words of the semantic conventions', () => {
  expect(tell(cronJobs, cronJob, { naming: 'semconv' })).toEqual([
    'k8s.cronjob.job.active{} 1 [k8s.cronjob.name="bill", k8s.cronjob.uid="b1", k8s.namespace.name="shop"]',
  ])
})

const about = (metric: string, spec: object, status: object = {}): string[] =>
  tell(cronJobs, { ...cronJob, spec: { ...cronJob.spec, ...spec }, status })
    .filter((line) => line.startsWith(`kube_cronjob_${metric}{`))
    .map((line) => line.split(' ').at(-1) ?? '')

test('before its first job, the next one is counted from its creation', () => {
  // 2026-01-01 is a Thursday: 04:30 in Berlin is 03:30 UTC.
  expect(about('next_schedule_time', {})).toEqual([String(Date.UTC(2026, 0, 1, 3, 30) / 1000)])
})

test('there is no next job while it is suspended, nor if its schedule or its time zone is none', () => {
  for (const spec of [{ suspend: true }, { schedule: '61 * * * *' }, { timeZone: 'Europe/Atlantis' }])
    expect(about('next_schedule_time', spec)).toEqual([])
})

test('a schedule or a time zone that is none is told', () => {
  expect(about('schedule_invalid', { schedule: '61 * * * *' })).toEqual(['1'])
  expect(about('schedule_invalid', { timeZone: 'Europe/Atlantis' })).toEqual(['1'])
  expect(about('schedule_invalid', {})).toEqual([])
})

test('a time zone that is not given is local', () => {
  const { timeZone, ...spec } = cronJob.spec
  const [info] = tell(cronJobs, { ...cronJob, spec })
  expect([timeZone, info?.includes('timezone="local"')]).toEqual(['Europe/Berlin', true])
})
