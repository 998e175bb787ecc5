import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compileSelector } from '#src/relabel/selector.ts'
import { Labels } from '#src/relabel/labels.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { unifiedHost } from '#src/testing/fake-cgroups.ts'
import { readExposition, type ReadSample } from '#src/testing/prometheus-text.ts'
import { answerOf, ScriptedServer } from '#src/testing/scripted-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const page = readFileSync('docs/dashboards.md', 'utf8')
const kubeletText = readFileSync('test/fixtures/dashboards/kubelet-metrics.txt', 'utf8')

/** One selector of the dashboards, the labels that series need for it, and where it stands. */
interface Asked {
  readonly selector: string
  readonly labels: readonly string[]
  readonly places: readonly string[]
}

const asked: readonly Asked[] = readFileSync('test/fixtures/dashboards/cadvisor-and-kubelet.tsv', 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [selector = '', labels = '', , places = ''] = line.split('\t')
    return { selector, labels: labels.split(',').filter(Boolean), places: places.split('; ') }
  })

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
  const [, configuration = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
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

function isAnswered({ selector, labels }: Asked, samples: readonly ReadSample[]): boolean {
  const selects = compileSelector(selector)
  const shown = new Labels()
  return samples.some(({ name, labels: has }) => {
    shown.clear()
    shown.fill('__name__', name)
    for (const [label, value] of has) shown.fill(label, value)
    return selects(shown) && labels.every((label) => shown.has(label))
  })
}

/** The lines of the page's table: how many selectors each dashboard and rule has, and how many are answered. */
function tableOf(answered: ReadonlySet<Asked>): string {
  const rows = new Map<string, { sources: Set<string>; all: number; answered: number }>()
  for (const each of asked)
    for (const place of each.places) {
      const [, title = '', sources = ''] = /^(.*) \((.*)\)$/.exec(place) ?? []
      const row = rows.get(title) ?? { sources: new Set(), all: 0, answered: 0 }
      for (const source of sources.split(', ')) row.sources.add(source)
      row.all++
      if (answered.has(each)) row.answered++
      rows.set(title, row)
    }
  const lines = Array.from(rows, ([title, row]) => {
    const sources = [...row.sources].toSorted().join(', ')
    return `| ${title} | ${sources} | ${row.all} | ${row.answered} |`
  })
  return lines.toSorted().join('\n')
}

test('the configuration of the page answers what dashboards and rules ask, but for what the page says', async () => {
  const [asKubelet, asCadvisor] = await Promise.all([samplesOfPage('kubelet'), samplesOfPage('cadvisor')])
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
  expect(page).toContain(tableOf(answered))
  for (const [what, reason] of unanswered) expect(page).toContain(`| \`${what}\` | ${reason} |`)
})
