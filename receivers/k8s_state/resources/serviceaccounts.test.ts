import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { serviceAccounts } from './serviceaccounts.ts'

const account = {
  metadata: {
    name: 'builder',
    namespace: 'ci',
    uid: '6f0d',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
  },
  automountServiceAccountToken: false,
  secrets: [{ name: 'builder-token' }, { name: 'deploy-key' }],
  imagePullSecrets: [{ name: 'registry' }],
}

test('a service account is told as kube-state-metrics does', () => {
  expect(tell(serviceAccounts, account)).toEqual([
    'kube_serviceaccount_info{automount_token="false", namespace="ci", serviceaccount="builder", uid="6f0d"} 1',
    'kube_serviceaccount_created{namespace="ci", serviceaccount="builder", uid="6f0d"} 1767225600',
    'kube_serviceaccount_deleted{namespace="ci", serviceaccount="builder", uid="6f0d"} 1767312000',
    'kube_serviceaccount_secret{name="builder-token", namespace="ci", serviceaccount="builder", uid="6f0d"} 1',
    'kube_serviceaccount_secret{name="deploy-key", namespace="ci", serviceaccount="builder", uid="6f0d"} 1',
    'kube_serviceaccount_image_pull_secret{name="registry", namespace="ci", serviceaccount="builder", uid="6f0d"} 1',
  ])
})

test('a service account that does not say whether its token is mounted leaves it open', () => {
  expect(tell(serviceAccounts, {})).toEqual([
    'kube_serviceaccount_info{automount_token="", serviceaccount="it", uid="u1"} 1',
  ])
})
