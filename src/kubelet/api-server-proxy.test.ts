import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Options } from '#src/config/schema.ts'
import { testContext } from '#src/testing/context.ts'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { optionsOf } from '#src/testing/options.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { compileKubeletClient, kubeletClientProperties } from './client-config.ts'
import type { KubeletClient } from './client.ts'

const Config = Options(kubeletClientProperties)

let folder: string
let server: ScriptedServer
let client: KubeletClient | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-proxy-'))
  server = await ScriptedServer.start(() => answerOf('{}'))
})

afterEach(async () => {
  client?.close()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function clientOf(kubeconfig: string, endpoint = ''): KubeletClient {
  const options = optionsOf(Config, { auth_type: 'kubeConfig', endpoint, kubeconfig })
  return (client = compileKubeletClient(options, 'n1', testContext()))
}

test.each([
  ['', '/api/v1/nodes/n1/proxy/stats/summary?only_cpu_and_memory=true'],
  ['worker-2', '/api/v1/nodes/worker-2/proxy/stats/summary?only_cpu_and_memory=true'],
])('the endpoint "%s" is the node that the API server asks', async (endpoint, target) => {
  const asking = clientOf(await writeKubeconfig(folder, server.url()), endpoint)
  expect(await asking.getText('/stats/summary?only_cpu_and_memory=true', 5000)).toBe('{}')
  expect(server.requests.map((request) => request.target)).toEqual([target])
})

test('a path before that of the API is kept, as a proxy of many clusters has it', async () => {
  const asking = clientOf(await writeKubeconfig(folder, server.url('/k8s/clusters/c1')))
  await asking.getText('/pods', 5000)
  expect(server.requests[0]?.target).toBe('/k8s/clusters/c1/api/v1/nodes/n1/proxy/pods')
})

test.each([
  [401, 'the API server does not know who asks for /pods (401): the user of the kubeconfig is not valid'],
  [
    403,
    'the API server does not allow /pods (403): no. The role of who asks needs a rule with apiGroups [""], resources [nodes/proxy]',
  ],
  [404, 'there is no node n1, or its kubelet has no /pods (404): no'],
  [503, 'the API server answered /pods with 503: no'],
])('status %i says who refuses and what to do', async (status, words) => {
  server.script = () => answerOf('no', { status })
  const asking = clientOf(await writeKubeconfig(folder, server.url()))
  await expect(asking.getText('/pods', 5000)).rejects.toThrow(words)
})

test('a kubeconfig that is not there is said, and read when it is', async () => {
  const asking = clientOf(join(folder, 'kubeconfig'))
  await expect(asking.getText('/pods', 5000)).rejects.toMatchObject({ code: 'credentials_unavailable' })
  await writeKubeconfig(folder, server.url())
  expect(await asking.getText('/pods', 5000)).toBe('{}')
})
