import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FakeHost } from '#src/testing/fake-host.ts'
import { unifiedHost } from '#src/testing/fake-cgroups.ts'
import { readExposition, type ReadSample } from '#src/testing/prometheus-text.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { configurations, isAnswered, page, readAsked, tableOf } from '../dashboard-selectors.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const kubeletText = readFileSync('test/fixtures/dashboards/kubelet-metrics.txt', 'utf8')
const asked = readAsked('cadvisor-and-kubelet.tsv')

/** Pods as the dashboards ask for them: any, and those of KubeVirt. */
const pods = [
  { namespace: 'shop', name: 'web-1', container: 'nginx', uid: '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77' },
  {
    namespace: 'kubevirt',
    name: 'virt-launcher-one',
    container: 'compute',
    uid: '0a1b2c3d-0d3a-4c43-a6b1-0d2f3c1e5a78',
  },
].map((pod, index) => ({ ...pod, id: String(index).repeat(64) }))

const podList = {
  items: pods.map(({ namespace, name, container, uid, id }) => ({
    metadata: { name, namespace, uid },
    status: {
      containerStatuses: [
        { name: container, containerID: `containerd://${id}`, image: 'registry/image:1', state: {} },
      ],
    },
  })),
}

async function makeHost(): Promise<FakeHost> {
  const host = await FakeHost.create(
    unifiedHost(
      pods.flatMap(({ uid, id }) => [`/kubepods/burstable/pod${uid}`, `/kubepods/burstable/pod${uid}/${id}`]),
    ),
  )
  await host.link('/sys/dev/block/259:0', '../../devices/pci/nvme0n1')
  await host.link('/proc/1/ns/net', 'net:[1]')
  await host.link('/proc/101/ns/net', 'net:[2]')
  return host
}

/** What the configuration of the page serves, with the job that it names for cAdvisor. */
async function samplesOfPage(cadvisorJob: string): Promise<readonly ReadSample[]> {
  await using folder = await temporaryFolder()
  await using kubelet = await ScriptedServer.start(({ target }) =>
    answerOf(target === '/pods' ? JSON.stringify(podList) : kubeletText),
  )
  const host = await makeHost()
  const [configuration = ''] = configurations
  const here = `
receivers:
  container: { root_path: ${host.root}, interval: 200ms, cri_sockets: [], docker_sockets: [], kubelet: { auth_type: none, endpoint: '${kubelet.url().origin}' } }
  kubelet_stats: { auth_type: none, endpoint: '${kubelet.url().origin}', collection_interval: 200ms }
exporters:
  prometheus: { endpoint: '127.0.0.1:0', const_labels: { cluster: east } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { encoding: json }, metrics: { level: none } }
  pipelines:
    metrics/cadvisor: { exporters: [prometheus] }
    metrics/kubelet: { exporters: [prometheus] }
`
  try {
    await using weir = new WeirProcess(
      [configuration.replace('job, replacement: kubelet', `job, replacement: ${cadvisorJob}`), here].flatMap(
        (yaml) => ['--config', `yaml:${yaml}`],
      ),
      { cwd: folder.path, env: { K8S_NODE_IP: '10.0.0.7', K8S_NODE_NAME: 'node-7' } },
    )
    const { url } = await weir.line('metrics are served')
    return await weir.until('all that is measured', async () => {
      const text = await (await fetch(String(url))).text()
      const isWhole = ['pod="virt-launcher-one"', 'kubelet_running_pods'].every((word) => text.includes(word))
      return isWhole ? readExposition(text).samples : undefined
    })
  } finally {
    await host.close()
  }
}

/** What nothing answers, and why: the metric, or the selector. */
const unanswered: ReadonlyMap<string, string> = new Map([
  [
    'container_memory_rss{cgroup_id="/system.slice"}',
    'No kubelet has the label `cgroup_id`. With `levels: [node, slice, pod, container]` the row is there, by `id`.',
  ],
  ['kubelet_node_config_error', 'Kubelets have not had it since their dynamic configuration was removed.'],
  [
    'storage_operation_errors_total',
    'Kubelets count errors in `storage_operation_duration_seconds_count`, by `status`, instead.',
  ],
])

test('the configuration of the page answers what dashboards and rules ask, but for what the page says', async () => {
  const asKubelet = await samplesOfPage('kubelet')
  const asCadvisor = await samplesOfPage('cadvisor')
  const answered = new Set(
    asked.filter((each) =>
      isAnswered(each, each.selector.includes('job="cadvisor"') ? asCadvisor : asKubelet),
    ),
  )
  const missing = asked.filter((each) => !answered.has(each)).map(({ selector }) => selector)
  const reasonOf = (selector: string): string | undefined =>
    unanswered.get(selector) ?? unanswered.get(selector.replace(/\{.*/, ''))
  expect(missing.filter((selector) => reasonOf(selector) === undefined)).toEqual([])
  expect(new Set(missing.map(reasonOf)).size).toBe(unanswered.size)
  expect(page).toContain(tableOf(asked, answered))
  for (const [what, reason] of unanswered) expect(page).toContain(`| \`${what}\` | ${reason} |`)
})
