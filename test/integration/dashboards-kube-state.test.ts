import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { writeKubeconfig } from '#src/testing/kubeconfig.ts'
import { KubernetesApi, type ObjectWish } from '#src/testing/kubernetes-api.ts'
import { readExposition, type ReadSample } from '#src/testing/prometheus-text.ts'
import { stateResources } from '../../receivers/k8s_state/state-resources.ts'
import { configurations, isAnswered, page, readAsked, tableOf } from '../dashboard-selectors.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const asked = readAsked('kube-state.tsv')
const cluster = parse(readFileSync('test/fixtures/dashboards/cluster.yaml', 'utf8'), {
  merge: true,
}) as Readonly<Record<string, readonly ObjectWish[]>>

async function startCluster(): Promise<KubernetesApi> {
  const api = await KubernetesApi.start()
  for (const [name, objects] of Object.entries(cluster)) {
    const resource = stateResources.find((each) => each.resource.name === name)?.resource
    if (resource === undefined) throw new Error(`no state is told of ${name}`)
    for (const object of objects) api.put(resource, object)
  }
  return api
}

/** What the second configuration of the page serves. */
async function samplesOfPage(): Promise<readonly ReadSample[]> {
  await using folder = await temporaryFolder()
  await using api = await startCluster()
  const here = `
receivers:
  k8s_state: { auth_type: kubeConfig, kubeconfig: ${await writeKubeconfig(folder.path, api.url)}, interval: 200ms }
exporters:
  prometheus: { endpoint: '127.0.0.1:0', const_labels: { cluster: east } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { encoding: json }, metrics: { level: none } }
  pipelines:
    metrics/kube-state: { exporters: [prometheus] }
`
  await using weir = new WeirProcess(
    [configurations[1], here].flatMap((yaml) => ['--config', `yaml:${yaml}`]),
    { cwd: folder.path },
  )
  const { url } = await weir.line('metrics are served')
  return await weir.until('the state of all resources', async () => {
    const { samples } = readExposition(await (await fetch(String(url))).text())
    const told = new Set(samples.map(({ name }) => name))
    const isWhole = Object.keys(cluster).every((name) => {
      const { prefix = '' } = stateResources.find(({ resource }) => resource.name === name) ?? {}
      return [...told].some((each) => each.startsWith(`${prefix}_`))
    })
    return isWhole ? samples : undefined
  })
}

/** What nothing answers, by metric, and why. */
const unanswered: ReadonlyMap<string, string> = new Map([
  [
    'kube_deployment_status_replicas_unavailable',
    'The dashboard selects deployments by the label `pod`, which kube-state-metrics does not give them either.',
  ],
  [
    'kube_hpa_labels',
    'kube-state-metrics has called it `kube_horizontalpodautoscaler_labels` since 2.0; that is there.',
  ],
  ['kube_pod_resource_request', 'kube-scheduler tells it, at `/metrics/resources`.'],
  [
    'kube_pod_spec_volumes_persistentvolumeclaims',
    'It is called `kube_pod_spec_volumes_persistentvolumeclaims_info`; that is there.',
  ],
])

test('the configuration of the page answers what dashboards and rules ask of the state of a cluster', async () => {
  const samples = await samplesOfPage()
  const answered = new Set(asked.filter((each) => isAnswered(each, samples)))
  const missing = new Set(
    asked.filter((each) => !answered.has(each)).map(({ selector }) => selector.replace(/\{.*/, '')),
  )
  expect([...missing].toSorted()).toEqual([...unanswered.keys()].toSorted())
  expect(page).toContain(tableOf(asked, answered))
  for (const [what, reason] of unanswered) expect(page).toContain(`| \`${what}\` | ${reason} |`)
})
