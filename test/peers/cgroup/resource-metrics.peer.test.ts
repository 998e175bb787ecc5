import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { decodeResourceMetrics, type MetricsBatch } from '#src/testing/metrics-server.ts'
import { ContainerTree, type MadeContainer } from '../../bench/container-tree.ts'
import { freePort, until } from '../mount-namespace.ts'

const weir = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

/** The port of a kubelet that says who the containers are: `app-0`, `app-1` of the pod `web-0`. */
async function startKubelet(containers: readonly MadeContainer[]): Promise<number> {
  const containerStatuses = containers.map(({ id }, index) => ({
    name: `app-${index}`,
    containerID: `containerd://${id}`,
    state: { running: {} },
  }))
  const metadata = { name: 'web-0', namespace: 'shop', uid: containers[0]?.podUid }
  const body = JSON.stringify({ items: [{ metadata, status: { containerStatuses } }] })
  const server = createServer((_, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('what cgroups of this host use is what metrics-server reads of the kubelet exporter', async () => {
  // Memory is charged to the cgroup in which a process is when it first writes to it: not before it was moved.
  const script = 'sleep 1; text=$(head -c 4000000 /dev/zero | tr "\\\\0" x); while :; do :; done'
  await using tree = new ContainerTree(script)
  tree.make(1, 2)
  const [kubelet, port] = [await startKubelet(tree.containers), await freePort()]
  const child = spawn(process.execPath, [
    weir,
    '--config',
    `yaml:
receivers:
  container: { interval: 1s, initial_delay: 0s, kubelet: { auth_type: none, endpoint: '127.0.0.1:${kubelet}' } }
exporters: { kubelet: { endpoint: '127.0.0.1:${port}', plain_http: true } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [container], exporters: [kubelet] } }
`,
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  const scrape = async (): Promise<MetricsBatch | undefined> => {
    const page = await fetch(`http://127.0.0.1:${port}/metrics/resource`).then(
      async (response) => await response.text(),
      () => '',
    )
    const batch = decodeResourceMetrics(page, Date.now())
    // What has used nothing yet is left out, with its whole pod.
    return batch.pods.get('shop/web-0')?.size === 2 ? batch : undefined
  }
  const first = await until('rows of both containers', scrape)
  expect(first.node?.memory).toBeGreaterThan(0)
  expect([...first.pods.keys()]).toEqual(['shop/web-0'])
  for (const { cpu, memory, start } of first.pods.get('shop/web-0')?.values() ?? []) {
    expect(cpu).toBeGreaterThan(0)
    expect(memory).toBeGreaterThan(0)
    expect(Math.abs(start / 1e6 - Date.now())).toBeLessThan(60_000)
  }
}, 60_000)
