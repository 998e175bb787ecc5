import type { V1MutatingAdmissionPolicy, V1ValidatingAdmissionPolicy } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type MutatingPolicy = ApiObject<V1MutatingAdmissionPolicy>
type ValidatingPolicy = ApiObject<V1ValidatingAdmissionPolicy>

/** What both kinds say of themselves. */
function policyLabels({ spec }: Pick<MutatingPolicy | ValidatingPolicy, 'spec'>) {
  return {
    param_api_version: spec?.paramKind?.apiVersion ?? '',
    param_kind: spec?.paramKind?.kind ?? '',
    failure_policy: spec?.failurePolicy ?? '',
  }
}

const fact = 'what parameters it has, and what happens where it cannot be asked'
const source = 'spec.paramKind, failurePolicy'
const labels = ['param_api_version', 'param_kind', 'failure_policy'] as const

/** MutatingAdmissionPolicies, as `kube_mutatingadmissionpolicy_*`. Servers before 1.36 have none. */
export const mutatingAdmissionPolicies = stateResource<MutatingPolicy>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'mutatingadmissionpolicies',
    namespaced: false,
  },
  byDefault: false,
  prefix: 'kube_mutatingadmissionpolicy',
  label: 'mutatingadmissionpolicy',
  attribute: 'k8s.mutatingadmissionpolicy',
  hasLabels: false,
  families: [
    family<MutatingPolicy>()(
      labelFact({
        fact,
        source: `${source}, reinvocationPolicy`,
        prometheus: 'kube_mutatingadmissionpolicy_info',
        labels: [...labels, 'reinvocation_policy'],
      }),
      (policy, add) =>
        add(1, {
          ...policyLabels(policy),
          reinvocation_policy: policy.spec?.reinvocationPolicy ?? '',
        }),
    ),
    created('kube_mutatingadmissionpolicy'),
  ],
})

/** ValidatingAdmissionPolicies, as `kube_validatingadmissionpolicy_*`. */
export const validatingAdmissionPolicies = stateResource<ValidatingPolicy>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'validatingadmissionpolicies',
    namespaced: false,
  },
  byDefault: false,
  prefix: 'kube_validatingadmissionpolicy',
  label: 'validatingadmissionpolicy',
  attribute: 'k8s.validatingadmissionpolicy',
  hasLabels: false,
  families: [
    family<ValidatingPolicy>()(
      labelFact({ fact, source, prometheus: 'kube_validatingadmissionpolicy_info', labels }),
      (policy, add) => add(1, policyLabels(policy)),
    ),
    created('kube_validatingadmissionpolicy'),
  ],
})
