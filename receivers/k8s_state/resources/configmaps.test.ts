import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { configMaps } from './configmaps.ts'

const metadata = {
  name: 'settings',
  namespace: 'shop',
  creationTimestamp: '2026-01-01T00:00:00Z',
  resourceVersion: '42',
  labels: { app: 'web' },
}

test('a config map is told as kube-state-metrics does, and nothing of what is in it', () => {
  const labels = { labels: ['*'], annotations: ['*'], bare: true }
  expect(tell(configMaps, { metadata, data: { password: 'hunter2' } }, { labels })).toEqual([
    'kube_configmap_info{configmap="settings", namespace="shop"} 1',
    'kube_configmap_created{configmap="settings", namespace="shop"} 1767225600',
    'kube_configmap_metadata_resource_version{configmap="settings", namespace="shop"} 42',
    'kube_configmap_annotations{configmap="settings", namespace="shop"} 1',
    'kube_configmap_labels{configmap="settings", label_app="web", namespace="shop"} 1',
  ])
})

test('a version that is no number is not told', () => {
  const told = tell(configMaps, { metadata: { ...metadata, resourceVersion: 'x-7' } })
  expect(told.filter((line) => line.includes('resource_version'))).toEqual([])
})
