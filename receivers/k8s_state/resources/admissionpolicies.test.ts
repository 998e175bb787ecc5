import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { mutatingAdmissionPolicies, validatingAdmissionPolicies } from './admissionpolicies.ts'
import {
  mutatingAdmissionPolicyBindings,
  validatingAdmissionPolicyBindings,
} from './admissionpolicybindings.ts'

const metadata = { name: 'limits', uid: 'a1', creationTimestamp: '2026-01-01T00:00:00Z' }
const policy = {
  metadata,
  spec: {
    paramKind: { apiVersion: 'example.org/v1', kind: 'Limit' },
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    validations: [{ expression: 'object.spec.replicas <= params.maxReplicas' }],
  },
}
const binding = {
  metadata,
  spec: {
    policyName: 'limits',
    paramRef: { name: 'small', namespace: 'shop', parameterNotFoundAction: 'Deny' },
    validationActions: ['Deny', 'Audit'],
  },
}

test('policies are told as kube-state-metrics does', () => {
  expect(tell(mutatingAdmissionPolicies, policy)).toEqual([
    'kube_mutatingadmissionpolicy_info{failure_policy="Fail", mutatingadmissionpolicy="limits", param_api_version="example.org/v1", param_kind="Limit", reinvocation_policy="Never"} 1',
    'kube_mutatingadmissionpolicy_created{mutatingadmissionpolicy="limits"} 1767225600',
  ])
  expect(tell(validatingAdmissionPolicies, policy)).toEqual([
    'kube_validatingadmissionpolicy_info{failure_policy="Fail", param_api_version="example.org/v1", param_kind="Limit", validatingadmissionpolicy="limits"} 1',
    'kube_validatingadmissionpolicy_created{validatingadmissionpolicy="limits"} 1767225600',
  ])
})

test('their bindings are told as kube-state-metrics does', () => {
  expect(tell(mutatingAdmissionPolicyBindings, binding)).toEqual([
    'kube_mutatingadmissionpolicybinding_info{mutatingadmissionpolicybinding="limits", param_name="small", param_namespace="shop", param_not_found_action="Deny", policy_name="limits"} 1',
    'kube_mutatingadmissionpolicybinding_created{mutatingadmissionpolicybinding="limits"} 1767225600',
  ])
  expect(tell(validatingAdmissionPolicyBindings, binding)).toEqual([
    'kube_validatingadmissionpolicybinding_info{param_name="small", param_namespace="shop", param_not_found_action="Deny", policy_name="limits", validatingadmissionpolicybinding="limits"} 1',
    'kube_validatingadmissionpolicybinding_created{validatingadmissionpolicybinding="limits"} 1767225600',
    'kube_validatingadmissionpolicybinding_validation_action{action="Deny", validatingadmissionpolicybinding="limits"} 1',
    'kube_validatingadmissionpolicybinding_validation_action{action="Audit", validatingadmissionpolicybinding="limits"} 1',
  ])
})

test('what a policy and its binding do not say is empty', () => {
  const [info] = tell(validatingAdmissionPolicies, { metadata, spec: {} })
  expect(info).toContain('failure_policy="", param_api_version="", param_kind=""')
  const [bound] = tell(validatingAdmissionPolicyBindings, { metadata, spec: {} })
  expect(bound).toContain('param_name="", param_namespace="", param_not_found_action="", policy_name=""')
})
