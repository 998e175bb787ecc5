import type { V1Job, V1JobCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { addCondition, created, info, owners } from '../shared-families.ts'
import { family, stateResource, type StateFamily } from '../state-resource.ts'
import { bool, seconds } from '../values.ts'

type Job = ApiObject<V1Job>
const of = family<Job>()

/** Reasons of failed jobs that are told apart; there is no row for another, so that nobody can make series without end. */
const failureReasons = ['BackoffLimitExceeded', 'DeadlineExceeded', 'Evicted']

function conditionsOf({ status }: Job, type: string): readonly Wire<V1JobCondition>[] {
  return (status?.conditions ?? []).filter((condition) => condition.type === type)
}

/** One condition as a metric: three rows once the job has it. */
function conditionFamily(name: string, type: string, fact: string): StateFamily<Job> {
  return of(
    labelFact({ fact, source: `status.conditions, ${type}`, prometheus: name, labels: ['condition'] }),
    (job, add) => {
      for (const { status } of conditionsOf(job, type))
        addCondition(add, status, (condition) => ({ condition }))
    },
  )
}

/** Jobs, as `kube_job_*`. */
export const jobs = stateResource<Job>({
  resource: { group: 'batch', version: 'v1', name: 'jobs', namespaced: true },
  byDefault: true,
  prefix: 'kube_job',
  label: 'job_name',
  attribute: 'k8s.job',
  families: [
    info('kube_job'),
    created('kube_job'),
    owners('kube_job'),
    of(
      numberFact({
        fact: 'pods that may run at a time',
        source: 'spec.parallelism',
        prometheus: 'kube_job_spec_parallelism',
        unit: '{pod}',
        otel: 'k8s.job.max_parallel_pods',
        semconv: 'k8s.job.pod.max_parallel',
      }),
      ({ spec }) => spec?.parallelism,
    ),
    of(
      numberFact({
        fact: 'pods that are to succeed',
        source: 'spec.completions',
        prometheus: 'kube_job_spec_completions',
        unit: '{pod}',
        otel: 'k8s.job.desired_successful_pods',
        semconv: 'k8s.job.pod.desired_successful',
      }),
      ({ spec }) => spec?.completions,
    ),
    of(
      numberFact({
        fact: 'seconds that it may take',
        source: 'spec.activeDeadlineSeconds',
        prometheus: 'kube_job_spec_active_deadline_seconds',
      }),
      ({ spec }) => spec?.activeDeadlineSeconds,
    ),
    of(
      numberFact({
        fact: 'pods that have succeeded',
        source: 'status.succeeded',
        prometheus: 'kube_job_status_succeeded',
        unit: '{pod}',
        otel: 'k8s.job.successful_pods',
        semconv: 'k8s.job.pod.successful',
      }),
      ({ status }) => status?.succeeded ?? 0,
    ),
    of(
      labelFact({
        fact: 'pods that have failed; 1 or 0 for each reason where the job itself failed by a known one',
        source: 'status.failed, status.conditions',
        prometheus: 'kube_job_status_failed',
        labels: ['reason'],
      }),
      (job, add) => {
        const failed = job.status?.failed ?? 0
        const said = failed === 0 ? [] : conditionsOf(job, 'Failed').map(({ reason }) => reason)
        for (const given of said) for (const reason of failureReasons) add(bool(reason === given), { reason })
        if (!said.some((given) => failureReasons.includes(given ?? ''))) add(failed, { reason: '' })
      },
    ),
    of(
      numberFact({
        fact: 'pods that have failed',
        source: 'status.failed',
        unit: '{pod}',
        otel: 'k8s.job.failed_pods',
        semconv: 'k8s.job.pod.failed',
      }),
      ({ status }) => status?.failed ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are pending or run',
        source: 'status.active',
        prometheus: 'kube_job_status_active',
        unit: '{pod}',
        otel: 'k8s.job.active_pods',
        semconv: 'k8s.job.pod.active',
      }),
      ({ status }) => status?.active ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are ready',
        source: 'status.ready',
        prometheus: 'kube_job_status_ready',
      }),
      ({ status }) => status?.ready ?? 0,
    ),
    conditionFamily('kube_job_complete', 'Complete', 'whether it has completed'),
    conditionFamily('kube_job_failed', 'Failed', 'whether it has failed'),
    of(
      numberFact({
        fact: 'when its controller began it, in Unix seconds',
        source: 'status.startTime',
        prometheus: 'kube_job_status_start_time',
      }),
      ({ status }) => seconds(status?.startTime),
    ),
    of(
      numberFact({
        fact: 'when it completed, in Unix seconds',
        source: 'status.completionTime',
        prometheus: 'kube_job_status_completion_time',
      }),
      ({ status }) => seconds(status?.completionTime),
    ),
    of(
      numberFact({
        fact: 'whether it is suspended; absent if it never was',
        source: 'status.conditions, Suspended',
        prometheus: 'kube_job_status_suspended',
      }),
      (job) => {
        const [suspended] = conditionsOf(job, 'Suspended')
        return suspended && bool(suspended.status === 'True')
      },
    ),
  ],
})
