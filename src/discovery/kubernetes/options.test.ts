import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { checkKubernetesOptions, clusterOf } from './options.ts'
import { optionsOf } from './test-discovery.ts'

/** All mistakes in options in YAML: places and words. */
function mistakesIn(yaml: string): string[] {
  try {
    checkKubernetesOptions(optionsOf(yaml), { clock: new FakeClock(), logger: new CapturedLog() })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
}

test.each([
  'role: pod',
  'role: node\nkubeconfig_file: /etc/kubeconfig',
  'role: pod\nnamespaces: { own_namespace: true, names: [a] }',
  'role: endpoints\napi_server: http://127.0.0.1:8001\nbasic_auth: { username: u }\nproxy_url: http://p:1',
  'role: pod\nselectors: [{ role: pod, label: a=b, field: spec.nodeName=n }, { role: node, label: c }]',
  'role: endpointslice\nselectors: [{ role: endpointslice, label: a }, { role: pod, label: a }, { role: service }]',
  // What says what is so anyhow says nothing, and neither does an empty text.
  'role: pod\napi_server: ""\nkubeconfig_file: ""\nnamespaces: { own_namespace: true }',
  'role: pod\nfollow_redirects: true\ntls_config: {}\nhttp_headers: {}',
])('%j is in order', (yaml) => {
  expect(mistakesIn(yaml)).toEqual([])
})

test.each([
  [
    'role: pod\napi_server: https://a\nkubeconfig_file: b',
    ['kubeconfig_file: of api_server, kubeconfig_file only one can hold: api_server is there too'],
  ],
  [
    'role: pod\napi_server: kubernetes:443',
    ['api_server: expected a URL, as in https://kubernetes.example:6443'],
  ],
  [
    'role: pod\nauthorization: { credentials: canary }',
    ['authorization: says how api_server is asked, which is not there'],
  ],
  [
    'role: pod\nkubeconfig_file: a\ntls_config: { ca_file: /ca }',
    ['tls_config: says how api_server is asked, which is not there'],
  ],
  [
    'role: pod\napi_server: https://a\nnamespaces: { own_namespace: true }',
    ['namespaces.own_namespace: is known in a pod only, and not together with api_server or kubeconfig_file'],
  ],
  [
    'role: pod\napi_server: https://a\nbearer_token: canary\nbasic_auth: { username: u }',
    [
      'bearer_token: of basic_auth, authorization, oauth2, bearer_token, bearer_token_file only one can hold: basic_auth is there too',
    ],
  ],
  [
    'role: pod\nselectors: [{ role: pod }, { role: pod }, { role: service }, { role: node, label: "=" }]',
    [
      'selectors.1.role: there is another selector of the role pod',
      'selectors.2.role: the role pod can select by pod, node',
      'selectors.3.label: expected a selector of labels, as in app=web,tier notin (a, b),!old; "=" is none',
    ],
  ],
])('%j has mistakes', (yaml, expected) => {
  expect(mistakesIn(yaml)).toEqual(expected)
})

test('a role that there is not is refused with those that there are', () => {
  expect(() => optionsOf('role: pods')).toThrow('expected "pod", "service", "endpoints"')
})

test('the way to the cluster is the service account, a kubeconfig file, or a server with its client', () => {
  expect(clusterOf(optionsOf('role: pod'))).toEqual({ auth_type: 'serviceAccount' })
  expect(clusterOf(optionsOf('role: pod\nkubeconfig_file: ""'))).toEqual({ auth_type: 'serviceAccount' })
  expect(clusterOf(optionsOf('role: pod\nkubeconfig_file: /k'))).toEqual({
    auth_type: 'kubeConfig',
    kubeconfig: '/k',
  })
  expect(clusterOf(optionsOf('role: pod\napi_server: https://a\nbearer_token_file: /t'))).toEqual({
    server: 'https://a',
    client: expect.objectContaining({ bearer_token_file: '/t', follow_redirects: true }) as object,
  })
})
