import { expect, test } from 'vitest'
import { optionsOf } from '#src/testing/options.ts'
import { checkConfig } from './check-config.ts'
import { Config } from './config.ts'

const check = (written: object) => () => checkConfig(optionsOf(Config, written))

test.each([
  [
    { metrics: { kube_pod_inf: { enabled: false } } },
    'there is no metric kube_pod_inf; did you mean kube_pod_info?',
  ],
  [{ labels_allowlist: { pod: ['app'] } }, 'there is no resource pod; did you mean pods?'],
  [{ annotations_allowlist: { pod: ['app'] } }, 'there is no resource pod; did you mean pods?'],
  [{ sharding: { shard: 3, total_shards: 3 } }, 'there is no shard 3 of 3: they are counted from 0'],
  [{ sharding: { total_shards: 3 } }, 'shard and total_shards go together'],
  [{ sharding: { shard: 0 } }, 'shard and total_shards go together'],
])('%j is a mistake', (written, message) => {
  expect(check(written)).toThrow(message)
})

test.each([
  { metrics: { kube_pod_labels: { enabled: false }, 'k8s.pod.phase': { enabled: false } } },
  { labels_allowlist: { '*': ['app'], pods: ['*'] } },
  { sharding: { shard: 2, total_shards: 3 } },
  { sharding: {} },
])('%j is none', (written) => {
  expect(check(written)).not.toThrow()
})

test('metrics of custom resources can be switched too', () => {
  const metric = { name: 'info', help: '', each: { type: 'info', info: {} } }
  const groupVersionKind = { group: 'a.b', version: 'v1', kind: 'C' }
  const custom_resource_state = { spec: { resources: [{ groupVersionKind, metrics: [metric] }] } }
  expect(
    check({ custom_resource_state, metrics: { kube_customresource_info: { enabled: false } } }),
  ).not.toThrow()
})
