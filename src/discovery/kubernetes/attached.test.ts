import { expect, test } from 'vitest'
import { jobs, pods, replicaSets, shortened, TestDiscovery } from './test-discovery.ts'

function owned(name: string, kind: string, by: string) {
  return { name, namespace: 'a', ownerReferences: [{ kind, name: by, controller: true }] }
}

function pod(name: string, kind: string, by: string) {
  const spec = { containers: [{ name: 'c' }] }
  return { metadata: owned(name, kind, by), spec, status: { podIP: `10.0.0.${name}` } }
}

const names = ['pod_deployment_name', 'pod_job_name', 'pod_cronjob_name'] as const

/** What is told of who is above each pod. */
function above(here: TestDiscovery): (string | undefined)[][] {
  return here.targets.map(shortened).map((labels) => names.map((name) => labels[name]))
}

test('a pod bears the names of its deployment, its job and its cron job, as they come and go', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('1', 'ReplicaSet', 'web'))
  here.server.put(pods, pod('2', 'Job', 'backup'))
  here.server.put(pods, pod('3', 'StatefulSet', 'db'))
  here.server.put(replicaSets, { metadata: owned('web', 'Rollout', 'other') })
  here.discover('role: pod\nattach_metadata: { deployment: true, job: true, cronjob: true }')
  const [none, ofJob] = [
    [undefined, undefined, undefined],
    [undefined, 'backup', undefined],
  ]
  await here.until(() => expect(above(here)).toEqual([none, ofJob, none]))
  here.server.put(replicaSets, { metadata: owned('web', 'Deployment', 'front') })
  here.server.put(jobs, { metadata: owned('backup', 'CronJob', 'nightly') })
  await here.until(() =>
    expect(above(here)).toEqual([['front', undefined, undefined], [undefined, 'backup', 'nightly'], none]),
  )
  here.server.remove(replicaSets, 'web', 'a')
  await here.until(() => expect(above(here)[0]).toEqual(none))
})

test('what is not to be attached is not asked for, and the name of a job needs nothing but its pods', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(pods, pod('2', 'Job', 'backup'))
  here.discover('role: pod\nattach_metadata: { job: true }')
  await here.until(() => expect(above(here)).toEqual([[undefined, 'backup', undefined]]))
  expect(new Set(here.server.requests.map(({ path }) => path))).toEqual(new Set(['/api/v1/pods']))
})
