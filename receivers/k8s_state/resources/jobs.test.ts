import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { jobs } from './jobs.ts'

const job = {
  metadata: {
    name: 'bill-29',
    namespace: 'shop',
    uid: 'j1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'bill', uid: 'b1', controller: true }],
  },
  spec: { parallelism: 2, completions: 6, activeDeadlineSeconds: 3600, backoffLimit: 6 },
  status: {
    startTime: '2026-01-01T00:00:01Z',
    completionTime: '2026-01-01T00:10:00Z',
    active: 2,
    ready: 1,
    succeeded: 3,
    conditions: [
      { type: 'Suspended', status: 'False', reason: 'JobResumed' },
      { type: 'SuccessCriteriaMet', status: 'True' },
      { type: 'Complete', status: 'True' },
    ],
  },
}

test('a job is told as kube-state-metrics does', () => {
  expect(tell(jobs, job)).toEqual([
    'kube_job_info{job_name="bill-29", namespace="shop"} 1',
    'kube_job_created{job_name="bill-29", namespace="shop"} 1767225600',
    'kube_job_owner{job_name="bill-29", namespace="shop", owner_is_controller="true", owner_kind="CronJob", owner_name="bill"} 1',
    'kube_job_spec_parallelism{job_name="bill-29", namespace="shop"} 2',
    'kube_job_spec_completions{job_name="bill-29", namespace="shop"} 6',
    'kube_job_spec_active_deadline_seconds{job_name="bill-29", namespace="shop"} 3600',
    'kube_job_status_succeeded{job_name="bill-29", namespace="shop"} 3',
    'kube_job_status_failed{job_name="bill-29", namespace="shop", reason=""} 0',
    'kube_job_status_active{job_name="bill-29", namespace="shop"} 2',
    'kube_job_status_ready{job_name="bill-29", namespace="shop"} 1',
    'kube_job_complete{condition="true", job_name="bill-29", namespace="shop"} 1',
    'kube_job_complete{condition="false", job_name="bill-29", namespace="shop"} 0',
    'kube_job_complete{condition="unknown", job_name="bill-29", namespace="shop"} 0',
    'kube_job_status_start_time{job_name="bill-29", namespace="shop"} 1767225601',
    'kube_job_status_completion_time{job_name="bill-29", namespace="shop"} 1767226200',
    'kube_job_status_suspended{job_name="bill-29", namespace="shop"} 0',
  ])
})

test("a job is told in the Collector's words", () => {
  expect(tell(jobs, job, { naming: 'otel' })).toEqual([
    'k8s.job.max_parallel_pods{} 2 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.desired_successful_pods{} 6 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.successful_pods{} 3 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.failed_pods{} 0 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.active_pods{} 2 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
  ])
})

test('a job is told in words of the semantic conventions', () => {
  expect(tell(jobs, job, { naming: 'semconv' })).toEqual([
    'k8s.job.pod.max_parallel{} 2 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.pod.desired_successful{} 6 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.pod.successful{} 3 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.pod.failed{} 0 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
    'k8s.job.pod.active{} 2 [k8s.job.name="bill-29", k8s.job.uid="j1", k8s.namespace.name="shop"]',
  ])
})

const failing = (failed: number, reason: string | undefined): string[] =>
  tell(jobs, {
    metadata: { namespace: 'shop' },
    status: { failed, conditions: [{ type: 'Failed', status: 'True', ...(reason && { reason }) }] },
  }).filter((line) => line.startsWith('kube_job_status_failed') || line.startsWith('kube_job_failed'))

test('a known reason of its failure stands in for the number of pods that failed', () => {
  expect(failing(4, 'DeadlineExceeded')).toEqual([
    'kube_job_status_failed{job_name="it", namespace="shop", reason="BackoffLimitExceeded"} 0',
    'kube_job_status_failed{job_name="it", namespace="shop", reason="DeadlineExceeded"} 1',
    'kube_job_status_failed{job_name="it", namespace="shop", reason="Evicted"} 0',
    'kube_job_failed{condition="true", job_name="it", namespace="shop"} 1',
    'kube_job_failed{condition="false", job_name="it", namespace="shop"} 0',
    'kube_job_failed{condition="unknown", job_name="it", namespace="shop"} 0',
  ])
})

test('an unknown reason leaves the number of pods that failed, and makes no row of its own', () => {
  expect(failing(4, 'PodFailurePolicy').slice(0, 4)).toEqual([
    'kube_job_status_failed{job_name="it", namespace="shop", reason="BackoffLimitExceeded"} 0',
    'kube_job_status_failed{job_name="it", namespace="shop", reason="DeadlineExceeded"} 0',
    'kube_job_status_failed{job_name="it", namespace="shop", reason="Evicted"} 0',
    'kube_job_status_failed{job_name="it", namespace="shop", reason=""} 4',
  ])
})

test('a job without failed pods has no reasons, even if it failed', () => {
  expect(failing(0, 'DeadlineExceeded')[0]).toBe(
    'kube_job_status_failed{job_name="it", namespace="shop", reason=""} 0',
  )
})
