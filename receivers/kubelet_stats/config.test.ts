import { expect, test } from 'vitest'
import { testContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { compileKubeletClient, nodeNameOf } from '#src/kubelet/client-config.ts'
import { Config } from './config.ts'
import definition from './index.ts'

function check(written: object): void {
  definition.validate?.(optionsOf(Config, written))
}

test.each([
  [{}, 'tls needs cert_file and key_file; in a pod use serviceAccount', ['auth_type']],
  [{ cert_file: 'c' }, 'tls needs key_file; in a pod use serviceAccount', ['auth_type']],
  [{ auth_type: 'kubeConfig', endpoint: 'n1:10250' }, 'the endpoint is the name of the node', ['endpoint']],
  [{ auth_type: 'none', endpoint: 'http://h/path' }, 'is no endpoint', ['endpoint']],
  [{ auth_type: 'serviceAccount', endpoint: 'http://h:1' }, 'needs https', ['endpoint']],
  [{ auth_type: 'none', endpoint: 'http://u:p@h:1' }, 'who asks is said by auth_type', ['endpoint']],
  [
    { auth_type: 'none', metrics: { 'k8s.node.cpu.tim': { enabled: true } } },
    'did you mean k8s.node.cpu.time?',
    ['metrics', 'k8s.node.cpu.tim'],
  ],
  [
    { auth_type: 'none', metrics: { 'k8s.pod.cpu.node.utilization': { enabled: true } } },
    'need k8s_api_config',
    ['metrics'],
  ],
])('%j is refused with its place', (written, message, path) => {
  expect(() => check(written)).toThrowError(
    expect.objectContaining({ message: expect.stringContaining(message) as string, path }) as Error,
  )
})

test.each([
  ['', 'none', 'http://n1:10255/'],
  ['', 'serviceAccount', 'https://n1:10250/'],
  ['h', 'serviceAccount', 'https://h:10250/'],
  ['h:443', 'serviceAccount', 'https://h/'],
  ['[fd00::7]:10250', 'serviceAccount', 'https://[fd00::7]:10250/'],
  ['https://h:1234', 'none', 'https://h:1234/'],
])('the endpoint "%s" with %s is %s', (endpoint, authType, url) => {
  const config = optionsOf(Config, { auth_type: authType, endpoint })
  const client = compileKubeletClient(config, 'n1', testContext())
  client.close()
  expect(client.base.href).toBe(url)
})

test('the name of the node is what the options say, else the variables', () => {
  const environment = { K8S_NODE_NAME: 'k', NODE_NAME: 'n' }
  expect(nodeNameOf('given', environment)).toBe('given')
  expect(nodeNameOf('', environment)).toBe('k')
  expect(nodeNameOf('', { NODE_NAME: 'n' })).toBe('n')
  expect(nodeNameOf('', {})).not.toBe('')
})

/** The resources that options need to get. */
function needed(written: object): string[] | undefined {
  const options = optionsOf(Config, { auth_type: 'serviceAccount', ...written })
  return definition.access?.(options, { namespace: 'n', name: 'a' }).map(({ resource }) => resource)
}

test('what is needed of the cluster follows from what is asked for', () => {
  expect(needed({})).toEqual(['nodes/stats'])
  expect(needed({ metrics: { 'k8s.container.cpu_limit_utilization': { enabled: true } } })).toEqual([
    'nodes/stats',
    'nodes/pods',
  ])
  expect(
    needed({
      endpoints: ['summary', 'metrics'],
      k8s_api_config: {},
      metrics: { 'k8s.container.cpu.node.utilization': { enabled: true } },
    }),
  ).toEqual(['nodes/stats', 'nodes/metrics', 'nodes'])
  expect(needed({ auth_type: 'kubeConfig', endpoint: 'n1' })).toEqual(['nodes/proxy'])
  expect(needed({ auth_type: 'none' })).toEqual([])
})
