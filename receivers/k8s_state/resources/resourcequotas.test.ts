import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { resourceQuotas } from './resourcequotas.ts'

const quota = {
  metadata: { name: 'team', namespace: 'shop', uid: 'q1', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: {
    hard: {
      'requests.cpu': '4',
      cpu: '4',
      'limits.cpu': '8500m',
      'requests.memory': '8Gi',
      'requests.hugepages-2Mi': '64Mi',
      'requests.storage': '1Ti',
      'gold.storageclass.storage.k8s.io/requests.storage': '500Gi',
      persistentvolumeclaims: '10',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '5',
      'ephemeral-storage': '2Gi',
      'limits.ephemeral-storage': '4Gi',
      'limits.memory': '16Gi',
      pods: '20',
      'count/deployments.apps': '3',
      'requests.nvidia.com/gpu': '2',
    },
    used: { 'requests.cpu': '1250m', pods: '7' },
  },
}

test.each(['prometheus', 'otel', 'semconv'] as const)(
  'a quota is told in the words of %s',
  async (naming) => {
    await expect(`${tell(resourceQuotas, quota, { naming }).join('\n')}\n`).toMatchFileSnapshot(
      `golden/resourcequotas-${naming}.txt`,
    )
  },
)

test('a request that a quota names without saying that it is one counts as one', () => {
  const told = tell(
    resourceQuotas,
    { status: { hard: { cpu: '2', memory: '1Gi', 'hugepages-1Gi': '2Gi' } } },
    { naming: 'semconv' },
  )
  expect(told.map((line) => line.replace(/ \[.*/, ''))).toEqual([
    'k8s.resourcequota.cpu.request.hard{} 2',
    'k8s.resourcequota.memory.request.hard{} 1073741824',
    'k8s.resourcequota.hugepage_count.request.hard{k8s.hugepage.size="1Gi"} 2',
  ])
})
