import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { TestReceiver } from './test-receiver.ts'

interface Shipped {
  readonly receivers: {
    readonly prometheus: {
      readonly config: { readonly scrape_configs: readonly { readonly relabel_configs: object[] }[] }
    }
  }
}

/** The rules of the configuration that we ship. */
function shippedRules(): object[] {
  const file = new URL('../../configs/kubernetes-scrape.yaml', import.meta.url)
  const { receivers } = parse(readFileSync(file, 'utf8')) as Shipped
  return receivers.prometheus.config.scrape_configs.flatMap(({ relabel_configs: rules }) => rules)
}

/** Where a container of a pod is scraped, by the shipped rules, with the labels that its series bear; undefined where it is not. */
async function targetOf(address: string, meta: Readonly<Record<string, string>>) {
  const labels = Object.fromEntries(
    Object.entries({ namespace: 'a', pod_name: 'p', pod_node_name: 'n', pod_phase: 'Running', ...meta }).map(
      ([name, value]) => [`__meta_kubernetes_${name}`, value],
    ),
  )
  // JSON is YAML. The text is as the configuration's reader hands it on.
  const job = {
    job_name: 'j',
    static_configs: [{ targets: [address], labels }],
    relabel_configs: shippedRules(),
  }
  using test = await TestReceiver.start(JSON.stringify({ config: { scrape_configs: [job] } }))
  const [target] = test.receiver.targets.active()
  return target && { url: target.url, labels: Object.fromEntries(target.labels) }
}

const asked = { pod_annotation_prometheus_io_scrape: 'true' }
const declared = { ...asked, pod_container_port_number: '8080', pod_ip: '10.0.0.1' }

test('a pod that wants to be scraped is, at the port that it declares', async () => {
  expect(await targetOf('10.0.0.1:8080', declared)).toEqual({
    url: 'http://10.0.0.1:8080/metrics',
    labels: { instance: '10.0.0.1:8080', job: 'j', namespace: 'a', pod: 'p', node: 'n' },
  })
})

test.each([
  [
    '10.0.0.1',
    'http://10.0.0.1:9090/metrics',
    { pod_ip: '10.0.0.1', pod_annotation_prometheus_io_port: '9090' },
  ],
  [
    '[fd00::1]:8080',
    'http://[fd00::1]:9090/metrics',
    { pod_ip: 'fd00::1', pod_annotation_victoriametrics_com_port: '9090' },
  ],
  [
    '10.0.0.1:8080',
    'https://10.0.0.1:9090/stats?all=1',
    {
      ...declared,
      pod_annotation_victoriametrics_com_port: '9090',
      pod_annotation_prometheus_io_port: '7070',
      pod_annotation_victoriametrics_com_path: '/stats?all=1',
      pod_annotation_prometheus_io_scheme: 'https',
    },
  ],
  // What is no port, no path and no scheme says nothing.
  [
    '10.0.0.1:8080',
    'http://10.0.0.1:8080/metrics',
    {
      ...declared,
      pod_annotation_prometheus_io_port: '1@elsewhere.example.org',
      pod_annotation_prometheus_io_path: '@elsewhere.example.org',
      pod_annotation_prometheus_io_scheme: 'file',
    },
  ],
])('of a pod at %s annotations make %s', async (address, url, meta) => {
  expect((await targetOf(address, { ...asked, ...meta }))?.url).toBe(url)
})

test.each([
  ['one that does not want it', { pod_annotation_prometheus_io_scrape: 'false' }],
  [
    'one that does not want it by the name that counts',
    { pod_annotation_victoriametrics_com_scrape: 'false' },
  ],
  ['one that waits', { pod_phase: 'Pending' }],
  ['one that is done', { pod_phase: 'Succeeded' }],
  ['a container that initializes one', { pod_container_init: 'true' }],
  ['a container without a port', { pod_container_port_number: '' }],
])('not scraped is %s', async (_, meta) => {
  expect(await targetOf('10.0.0.1:8080', { ...declared, ...meta })).toBeUndefined()
})
