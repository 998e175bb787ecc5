import { expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { NodePods, pods } from './node-pods.ts'

/** A server, and the pods of one of its nodes. */
async function setting() {
  const server = await KubernetesApi.start()
  const folder = await temporaryFolder()
  const kubeconfig = await writeKubeconfig(folder.path, server.url)
  const surroundings = { clock: systemClock, logger: new CapturedLog() }
  const options = { auth_type: 'kubeConfig' as const, kubeconfig }
  const nodePods = new NodePods(options, 'n1', ({ metadata }) => metadata.name, surroundings)
  const put = (name: string, nodeName: string) =>
    server.put(pods, { metadata: { name, namespace: 'shop' }, spec: { nodeName } })
  return {
    server,
    nodePods,
    put,
    async [Symbol.asyncDispose]() {
      nodePods.close()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const patience = () => AbortSignal.timeout(10_000)

test('the pods of the node are known with the first answer, and followed from then on', async () => {
  await using setup = await setting()
  setup.put('a', 'n1')
  setup.put('b', 'n2')
  expect(await setup.nodePods.list(patience())).toEqual(['a'])
  setup.put('c', 'n1')
  await vi.waitFor(async () => expect(await setup.nodePods.list(patience())).toEqual(['a', 'c']))
  expect(
    setup.server.requests.filter(({ query }) => query.get('fieldSelector') === 'spec.nodeName=n1'),
  ).toHaveLength(1)
})

test('where they cannot be listed the question fails with the reason', async () => {
  await using setup = await setting()
  setup.server.forbidden.add('pods')
  await expect(setup.nodePods.list(patience())).rejects.toThrow('pods')
})

test('those who ask first and at the same time share a watch, which ends with the rest', async () => {
  await using setup = await setting()
  setup.put('a', 'n1')
  const asked = [setup.nodePods.list(patience()), setup.nodePods.list(patience())]
  expect(await Promise.all(asked)).toEqual([['a'], ['a']])
  await vi.waitFor(() => expect(setup.server.watches).toBe(1))
  setup.nodePods.close()
  await vi.waitFor(() => expect(setup.server.watches).toBe(0))
})

test('what is known is told while the server is away', async () => {
  await using setup = await setting()
  setup.put('a', 'n1')
  await setup.nodePods.list(patience())
  setup.server.intercept = (_request, response) => {
    response.destroy()
    return true
  }
  setup.server.endWatches('abruptly')
  expect(await setup.nodePods.list(patience())).toEqual(['a'])
})
