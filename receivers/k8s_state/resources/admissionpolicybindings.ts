import type {
  V1MutatingAdmissionPolicyBinding,
  V1ValidatingAdmissionPolicyBinding,
} from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource, type StateFamily } from '../state-resource.ts'

type MutatingBinding = ApiObject<V1MutatingAdmissionPolicyBinding>
type ValidatingBinding = ApiObject<V1ValidatingAdmissionPolicyBinding>

/** What is read of one is the same of both kinds. */
const familiesOf = (prefix: string): readonly StateFamily<MutatingBinding>[] => [
  family<MutatingBinding>()(
    labelFact({
      fact: 'which policy it puts in force, and with what parameters',
      source: 'spec.policyName, paramRef',
      prometheus: `${prefix}_info`,
      labels: ['policy_name', 'param_name', 'param_namespace', 'param_not_found_action'],
    }),
    ({ spec }, add) =>
      add(1, {
        policy_name: spec?.policyName ?? '',
        param_name: spec?.paramRef?.name ?? '',
        param_namespace: spec?.paramRef?.namespace ?? '',
        param_not_found_action: spec?.paramRef?.parameterNotFoundAction ?? '',
      }),
  ),
  created(prefix),
]

/** MutatingAdmissionPolicyBindings, as `kube_mutatingadmissionpolicybinding_*`. Servers before 1.36 have none. */
export const mutatingAdmissionPolicyBindings = stateResource<MutatingBinding>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'mutatingadmissionpolicybindings',
    namespaced: false,
  },
  byDefault: false,
  prefix: 'kube_mutatingadmissionpolicybinding',
  label: 'mutatingadmissionpolicybinding',
  attribute: 'k8s.mutatingadmissionpolicybinding',
  hasLabels: false,
  families: familiesOf('kube_mutatingadmissionpolicybinding'),
})

/** ValidatingAdmissionPolicyBindings, as `kube_validatingadmissionpolicybinding_*`. */
export const validatingAdmissionPolicyBindings = stateResource<ValidatingBinding>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'validatingadmissionpolicybindings',
    namespaced: false,
  },
  byDefault: false,
  prefix: 'kube_validatingadmissionpolicybinding',
  label: 'validatingadmissionpolicybinding',
  attribute: 'k8s.validatingadmissionpolicybinding',
  hasLabels: false,
  families: [
    ...familiesOf('kube_validatingadmissionpolicybinding'),
    family<ValidatingBinding>()(
      labelFact({
        fact: 'what is done where its policy is not kept',
        source: 'spec.validationActions',
        prometheus: 'kube_validatingadmissionpolicybinding_validation_action',
        labels: ['action'],
      }),
      ({ spec }, add) => {
        for (const action of spec?.validationActions ?? []) add(1, { action })
      },
    ),
  ],
})
