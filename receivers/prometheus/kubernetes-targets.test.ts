import { expect, test, vi } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { pods } from '#src/testing/kubernetes-client.ts'
import { optionsOf, TestReceiver, valuesOf } from './test-receiver.ts'

/** A pod of this machine, with a port. */
function pod(name: string, containerPort: number) {
  const spec = { containers: [{ name: 'c', ports: [{ name: 'http', containerPort }] }] }
  return { metadata: { name, namespace: 'a' }, spec, status: { podIP: '127.0.0.1', phase: 'Running' } }
}

function jobsOf(server: KubernetesApi, interval: string): string {
  const rules = [{ source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' }]
  const job = {
    job_name: 'j',
    scrape_interval: interval,
    scrape_offset: '0s',
    kubernetes_sd_configs: [{ role: 'pod', api_server: server.url.href }],
    relabel_configs: rules,
  }
  return JSON.stringify({ config: { scrape_configs: [job] } })
}

test('pods are scraped as they come, through a reload, and end with stale markers as they go', async () => {
  await using server = await KubernetesApi.start()
  await using target = await FakeTarget.start('answers 42\n')
  using here = await TestReceiver.start(jobsOf(server, '15s'))
  const { clock } = here.context
  const targets = () =>
    [...here.receiver.targets.active()].map(({ labels }) => Object.fromEntries(labels)['pod'])
  const until = async (...expected: string[]) =>
    await vi.waitFor(async () => {
      await clock.advance(100)
      expect(targets()).toEqual(expected)
    })
  await vi.waitFor(() => expect(server.watches).toBe(1))
  server.put(pods, pod('p', target.port))
  await until('p')
  expect(valuesOf(await here.cycle())).toMatchObject({ 'answers{pod=p}': 42, 'up{pod=p}': 1 })

  here.receiver.reconfigure(optionsOf(jobsOf(server, '30s')))()
  await clock.advance(10_000)
  expect([targets(), server.requests.filter(({ query }) => query.get('watch') === 'true')]).toMatchObject([
    ['p'],
    [{ path: '/api/v1/pods' }],
  ])

  server.remove(pods, 'p', 'a')
  await until()
  await clock.advance(70_000)
  const last = here.context.next.samples.filter(({ name }) => name === 'answers')
  expect(last.map(({ value }) => value)).toEqual([42, 'stale'])
})
