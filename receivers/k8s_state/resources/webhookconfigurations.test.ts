import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from './webhookconfigurations.ts'

const configuration = {
  metadata: { name: 'policy', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '42' },
  webhooks: [
    { name: 'a.example.com', clientConfig: { service: { name: 'webhook', namespace: 'policy', port: 443 } } },
    { name: 'b.example.com', clientConfig: { url: 'https://user:hunter2@policy.example.com/b' } },
  ],
}

test('webhooks that change objects are told as kube-state-metrics does', () => {
  expect(tell(mutatingWebhookConfigurations, configuration)).toEqual([
    'kube_mutatingwebhookconfiguration_info{mutatingwebhookconfiguration="policy"} 1',
    'kube_mutatingwebhookconfiguration_created{mutatingwebhookconfiguration="policy"} 1767225600',
    'kube_mutatingwebhookconfiguration_metadata_resource_version{mutatingwebhookconfiguration="policy"} 42',
    'kube_mutatingwebhookconfiguration_webhook_clientconfig_service{mutatingwebhookconfiguration="policy", service_name="webhook", service_namespace="policy", webhook_name="a.example.com"} 1',
    'kube_mutatingwebhookconfiguration_webhook_clientconfig_service{mutatingwebhookconfiguration="policy", service_name="", service_namespace="", webhook_name="b.example.com"} 1',
  ])
})

test('webhooks that judge objects are told by the same facts', () => {
  expect(tell(validatingWebhookConfigurations, configuration)).toEqual([
    'kube_validatingwebhookconfiguration_info{validatingwebhookconfiguration="policy"} 1',
    'kube_validatingwebhookconfiguration_created{validatingwebhookconfiguration="policy"} 1767225600',
    'kube_validatingwebhookconfiguration_metadata_resource_version{validatingwebhookconfiguration="policy"} 42',
    'kube_validatingwebhookconfiguration_webhook_clientconfig_service{service_name="webhook", service_namespace="policy", validatingwebhookconfiguration="policy", webhook_name="a.example.com"} 1',
    'kube_validatingwebhookconfiguration_webhook_clientconfig_service{service_name="", service_namespace="", validatingwebhookconfiguration="policy", webhook_name="b.example.com"} 1',
  ])
})

test('a configuration without webhooks has none', () => {
  expect(tell(mutatingWebhookConfigurations, { webhooks: null })).toEqual(
    tell(mutatingWebhookConfigurations, {}),
  )
})
