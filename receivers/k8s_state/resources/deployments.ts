import type { V1Deployment, V1DeploymentCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { scaledValue } from '../int-or-percent.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import {
  addCondition,
  created,
  deletion,
  generation,
  observedGeneration,
  owners,
} from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool } from '../values.ts'

type Deployment = ApiObject<V1Deployment>
const of = family<Deployment>()

/** Reasons that the controller gives, or none; another is `unknown`, so that nobody can make series without end. */
const reasons = new Set([
  '',
  'DeploymentPaused',
  'DeploymentResumed',
  'FoundNewReplicaSet',
  'MinimumReplicasAvailable',
  'MinimumReplicasUnavailable',
  'NewReplicaSetAvailable',
  'NewReplicaSetCreated',
  'ProgressDeadlineExceeded',
  'ReplicaSetCreateError',
  'ReplicaSetUpdated',
])

/** Deployments, as `kube_deployment_*`. */
export const deployments = stateResource<Deployment>({
  resource: { group: 'apps', version: 'v1', name: 'deployments', namespaced: true },
  byDefault: true,
  prefix: 'kube_deployment',
  label: 'deployment',
  attribute: 'k8s.deployment',
  families: [
    created('kube_deployment'),
    generation('kube_deployment'),
    deletion('kube_deployment'),
    owners('kube_deployment', { controls: false }),
    of(
      {
        fact: 'pods that it has, by what they are',
        source: 'status.replicas, readyReplicas, availableReplicas',
        by: ['status_type'],
        prometheus: [
          {
            where: { status_type: 'replicas' },
            name: 'kube_deployment_status_replicas',
            kind: 'gauge',
            description: 'Pods that it has.',
          },
          {
            where: { status_type: 'ready' },
            name: 'kube_deployment_status_replicas_ready',
            kind: 'gauge',
            description: 'Pods that are ready.',
          },
          {
            where: { status_type: 'available' },
            name: 'kube_deployment_status_replicas_available',
            kind: 'gauge',
            description: 'Pods that have been ready for long enough.',
          },
        ],
        otel: {
          where: { status_type: 'available' },
          name: 'k8s.deployment.available',
          kind: 'gauge',
          unit: '{pod}',
          integer: true,
          description: 'Pods that have been ready for long enough.',
        },
        semconv: {
          where: { status_type: 'available' },
          name: 'k8s.deployment.pod.available',
          kind: 'updowncounter',
          unit: '{pod}',
          integer: true,
          description: 'Pods that have been ready for long enough.',
        },
        vm: {
          name: 'vm_kube_deployment_status',
          kind: 'gauge',
          description: 'Pods that a deployment has, by what they are.',
          status_type: 'status_type',
        },
      },
      ({ status }, add) => {
        add(status?.replicas ?? 0, { status_type: 'replicas' })
        add(status?.readyReplicas ?? 0, { status_type: 'ready' })
        add(status?.availableReplicas ?? 0, { status_type: 'available' })
      },
    ),
    of(
      numberFact({
        fact: 'pods that are wanted and not available',
        source: 'status.unavailableReplicas',
        prometheus: 'kube_deployment_status_replicas_unavailable',
      }),
      ({ status }) => status?.unavailableReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are of the newest template',
        source: 'status.updatedReplicas',
        prometheus: 'kube_deployment_status_replicas_updated',
      }),
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that are being deleted',
        source: 'status.terminatingReplicas',
        prometheus: 'kube_deployment_status_terminating_replicas',
      }),
      ({ status }) => status?.terminatingReplicas,
    ),
    observedGeneration('kube_deployment'),
    of(
      labelFact({
        fact: 'whether its condition holds',
        source: 'status.conditions',
        prometheus: 'kube_deployment_status_condition',
        labels: ['reason', 'condition', 'status'],
      }),
      (deployment, add) => {
        const conditions: readonly Wire<V1DeploymentCondition>[] = deployment.status?.conditions ?? []
        for (const { type: condition, status: said, reason: given = '' } of conditions) {
          const reason = reasons.has(given) ? given : 'unknown'
          addCondition(add, said, (status) => ({ reason, condition, status }))
        }
      },
    ),
    of(
      numberFact({
        fact: 'pods that are wanted',
        source: 'spec.replicas',
        prometheus: 'kube_deployment_spec_replicas',
        unit: '{pod}',
        otel: 'k8s.deployment.desired',
        semconv: 'k8s.deployment.pod.desired',
      }),
      ({ spec }) => spec?.replicas,
    ),
    of(
      numberFact({
        fact: 'whether it is paused',
        source: 'spec.paused',
        prometheus: 'kube_deployment_spec_paused',
      }),
      ({ spec }) => bool(spec?.paused),
    ),
    of(
      numberFact({
        fact: 'pods that may be missing during a rollout',
        source: 'spec.strategy.rollingUpdate.maxUnavailable, a share of the wanted ones rounded down',
        prometheus: 'kube_deployment_spec_strategy_rollingupdate_max_unavailable',
      }),
      ({ spec }) => scaledValue(spec?.strategy?.rollingUpdate?.maxUnavailable, spec?.replicas, 'down'),
    ),
    of(
      numberFact({
        fact: 'pods that may be there beyond the wanted ones during a rollout',
        source: 'spec.strategy.rollingUpdate.maxSurge, a share of the wanted ones rounded up',
        prometheus: 'kube_deployment_spec_strategy_rollingupdate_max_surge',
      }),
      ({ spec }) => scaledValue(spec?.strategy?.rollingUpdate?.maxSurge, spec?.replicas, 'up'),
    ),
  ],
})
