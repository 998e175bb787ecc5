import { expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { pods } from '#src/kubernetes/node-pods.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { ApiPods } from './api-pods.ts'

test('the pods of the node are told as the API server has them, but for who wrote what', async () => {
  await using server = await KubernetesApi.start()
  await using folder = await temporaryFolder()
  server.put(pods, {
    metadata: { name: 'web', namespace: 'shop', managedFields: [{ manager: 'kubelet' }] },
    spec: { nodeName: 'n1' },
  })
  server.put(pods, { metadata: { name: 'other', namespace: 'shop' }, spec: { nodeName: 'n2' } })
  const kubeconfig = await writeKubeconfig(folder.path, server.url)
  const surroundings = { clock: systemClock, logger: new CapturedLog() }
  const source = new ApiPods({ auth_type: 'kubeConfig', kubeconfig }, 'n1', surroundings)
  const { kind, items } = JSON.parse(await source.list()) as { kind: string; items: object[] }
  expect(kind).toBe('PodList')
  expect(items).toEqual([
    {
      metadata: {
        name: 'web',
        namespace: 'shop',
        uid: expect.any(String) as string,
        resourceVersion: expect.any(String) as string,
      },
      spec: { nodeName: 'n1' },
    },
  ])
  source.close()
})
