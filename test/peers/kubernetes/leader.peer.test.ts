import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaseTimings } from '#src/kubernetes/lease-election.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import { WeirProcess } from '../../weir-process.ts'
import { KubernetesCluster, tokens } from './kubernetes-cluster.ts'

const namespaces: Resource = { group: '', version: 'v1', name: 'namespaces', namespaced: false }
const configMaps: Resource = { group: '', version: 'v1', name: 'configmaps', namespaced: true }

/** A cluster with something to tell, and a configuration for all that tell it. */
async function setting() {
  const cluster = await KubernetesCluster.start()
  await cluster.create(namespaces, { metadata: { name: 'shop' } })
  await cluster.create(configMaps, { metadata: { name: 'prices' } }, 'shop')
  const certificate = (await readFile(cluster.authority)).toString('base64')
  const kubeconfig = join(cluster.folder, 'kubeconfig')
  // JSON is YAML.
  const access = {
    'current-context': 'here',
    clusters: [
      { name: 'c', cluster: { server: cluster.url.href, 'certificate-authority-data': certificate } },
    ],
    users: [{ name: 'u', user: { token: tokens.admin } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  }
  await writeFile(kubeconfig, JSON.stringify(access))
  const config = join(cluster.folder, 'weir.yaml')
  const configuration = {
    receivers: {
      k8s_state: {
        auth_type: 'kubeConfig',
        kubeconfig,
        interval: '500ms',
        naming: 'prometheus',
        resources: ['configmaps'],
        metric_allowlist: ['kube_configmap_info'],
        leader_election: {},
      },
    },
    exporters: { json: { format: 'lines', flush_interval: '0s' } },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' }, logs: { encoding: 'json' } },
      pipelines: { metrics: { receivers: ['k8s_state'], exporters: ['json'] } },
    },
  }
  await writeFile(config, JSON.stringify(configuration))
  return {
    cluster,
    start: () => new WeirProcess(['--config', config]),
    [Symbol.asyncDispose]: async () => await cluster[Symbol.asyncDispose](),
  }
}

/** Waits until a process tells more than it did. */
async function tellsMore(weir: WeirProcess): Promise<void> {
  const { length } = weir.stdout
  await weir.until('more of what is there', () => weir.stdout.length > length || undefined)
}

const leads = 'leads from now on'

test('when the leader is killed or stopped another goes on, and who was stopped and wakes tells nothing', async () => {
  await using setup = await setting()
  await using first = setup.start()
  await first.line(leads)
  await tellsMore(first)
  expect(first.stdout).toContain('prices')

  await using second = setup.start()
  await second.until('a cycle of the other', () => (second.log.length > 0 ? true : undefined))
  await sleep(leaseTimings.retryMs)
  expect(second.stdout).toBe('')
  await first.end('SIGKILL')
  await second.line(leads)
  await tellsMore(second)

  await using third = setup.start()
  await sleep(leaseTimings.retryMs)
  second.signal('SIGSTOP')
  await sleep(500)
  const told = second.stdout
  await third.line(leads)
  await tellsMore(third)
  second.signal('SIGCONT')
  await second.line('leads no longer')
  await tellsMore(third)
  await tellsMore(third)
  expect(second.stdout).toBe(told)
})
