import type { V1Deployment, V1DeploymentCondition } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { scaledValue } from '../int-or-percent.ts'
import { addCondition, created, deletion, generation, owners } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { bool } from '../values.ts'

type Deployment = ApiObject<V1Deployment>
const of = family<Deployment>()

/** Reasons that the controller gives; another is `unknown`, so that a controller cannot make series without end. */
const reasons = new Set([
  'ReplicaSetUpdated',
  'MinimumReplicasAvailable',
  'MinimumReplicasUnavailable',
  'NewReplicaSetAvailable',
  'NewReplicaSetCreated',
  'FoundNewReplicaSet',
  'ReplicaSetCreateError',
  'FailedCreate',
  'ProgressDeadlineExceeded',
  'DeploymentPaused',
  'DeploymentResumed',
])

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
    owners('kube_deployment'),
    of(
      {
        fact: 'pods that it has',
        source: 'status.replicas',
        by: ['status_type'],
        prometheus: {
          name: 'kube_deployment_status_replicas',
          kind: 'gauge',
          description: 'Pods that it has.',
        },
        vm: {
          name: 'vm_kube_deployment_status',
          kind: 'gauge',
          description: 'Pods of a deployment.',
          status_type: 'status_type',
        },
      },
      ({ status }, add) => add(status?.replicas ?? 0, { status_type: 'replicas' }),
    ),
    of(
      {
        fact: 'whether its condition holds',
        source: 'status.conditions',
        by: ['reason', 'condition', 'status'],
        prometheus: {
          name: 'kube_deployment_status_condition',
          kind: 'gauge',
          description: 'Whether a condition of it holds.',
          reason: 'reason',
          condition: 'condition',
          status: 'status',
        },
      },
      ({ status }, add) => {
        const conditions: readonly Wire<V1DeploymentCondition>[] = status?.conditions ?? []
        for (const { type, status: said, reason = '' } of conditions)
          addCondition(add, said, (each) => ({
            reason: reasons.has(reason) ? reason : 'unknown',
            condition: type,
            status: each,
          }))
      },
    ),
    of(
      {
        fact: 'whether it is paused',
        source: 'spec.paused',
        by: [],
        prometheus: {
          name: 'kube_deployment_spec_paused',
          kind: 'gauge',
          description: 'Whether it is paused.',
        },
      },
      ({ spec }) => bool(spec?.paused),
    ),
    of(
      {
        fact: 'pods that may be missing during a rollout',
        source: 'spec.strategy.rollingUpdate.maxUnavailable, rounded down',
        by: [],
        prometheus: {
          name: 'kube_deployment_spec_strategy_rollingupdate_max_unavailable',
          kind: 'gauge',
          description: 'Pods that may be missing during a rollout.',
        },
      },
      ({ spec }) => scaledValue(spec?.strategy?.rollingUpdate?.maxUnavailable, spec?.replicas ?? 1, 'down'),
    ),
  ],
})
