import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { pods as podResource } from '#src/kubernetes/node-pods.ts'
import { testContext } from '#src/testing/context.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from './config.ts'
import definition from './index.ts'
import { makeNames } from './name-sources.ts'

const containerId = 'a'.repeat(64)

const pods = {
  items: [
    {
      metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1' },
      status: {
        containerStatuses: [{ name: 'nginx', containerID: `containerd://${containerId}`, state: {} }],
      },
    },
  ],
}

/** The loopback address of a kubelet that answers `/pods`. */
async function startKubelet(): Promise<string> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/pods' ? 200 : 404
    response.end(JSON.stringify(pods))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a kubelet names containers where no runtime can be asked', async () => {
  const host = await FakeHost.create({})
  onTestFinished(async () => await host.close())
  const config = optionsOf(Config, {
    root_path: host.root,
    cri_sockets: [],
    kubelet: { auth_type: 'none', endpoint: await startKubelet() },
  })
  const names = makeNames(config, testContext())
  await names.refresh([{ containerId, podUid: 'u-1' }], new AbortController().signal)
  expect(names.find(containerId)).toMatchObject({ container: 'nginx', pod: 'web-1', namespace: 'shop' })
  expect(names.problems).toEqual(new Map())
  await names.stop()
})

test('the API server names containers of the node where nobody nearer can be asked', async () => {
  await using server = await KubernetesApi.start()
  const host = await FakeHost.create({})
  onTestFinished(async () => await host.close())
  const [pod] = pods.items
  const wish = { ...pod, metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1' } }
  server.put(podResource, { ...wish, spec: { nodeName: 'n1' } })
  const kubeconfig = await writeKubeconfig(host.root, server.url)
  const config = optionsOf(Config, {
    root_path: host.root,
    cri_sockets: [],
    docker_sockets: [],
    node_name: 'n1',
    kubernetes: { auth_type: 'kubeConfig', kubeconfig },
  })
  const names = makeNames(config, testContext())
  await names.refresh([{ containerId, podUid: 'u-1' }], AbortSignal.timeout(10_000))
  expect(names.find(containerId)).toMatchObject({ container: 'nginx', pod: 'web-1', namespace: 'shop' })
  expect(names.problems).toEqual(new Map())
  await names.stop()
})

test('only the sockets that the options name are asked', async () => {
  const context = testContext()
  const host = await FakeHost.create({})
  onTestFinished(async () => await host.close())
  const server = createServer((_, response) => response.end('[]'))
  await new Promise<void>((resolve) => server.listen(`${host.root}/own.sock`, resolve))
  onTestFinished(() => void server.close())
  const asked: string[] = []
  server.on('request', ({ url = '' }) => void asked.push(url))
  const config = optionsOf(Config, {
    root_path: host.root,
    cri_sockets: [],
    docker_sockets: ['/own.sock', '/absent.sock'],
  })
  const names = makeNames(config, context)
  await names.refresh([{ containerId, podUid: undefined }], new AbortController().signal)
  expect(asked.length).toBeGreaterThan(0)
  expect(context.logger.lines).toEqual([])
  await names.stop()
})

test('a kubelet without what auth_type needs is a mistake at its place', () => {
  expect(() => definition.validate?.(optionsOf(Config, { kubelet: {} }))).toThrowError(
    expect.objectContaining({
      message: 'tls needs cert_file and key_file; in a pod use serviceAccount',
      path: ['kubelet', 'auth_type'],
    }) as Error,
  )
})
