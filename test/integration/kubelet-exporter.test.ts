import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeResourceMetrics, usageBetween } from '#src/testing/metrics-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

const configuration = `
receivers:
  hostmetrics:
    collection_interval: 500ms
    initial_delay: 0s
    naming: [NAMING]
    scrapers: { cpu: {}, memory: {} }
exporters:
  kubelet:
    endpoint: 127.0.0.1:0
    bearer_token: secret
extensions:
  health_check: { endpoint: 127.0.0.1:0 }
service:
  extensions: [health_check]
  telemetry:
    logs: { encoding: json }
    metrics: { level: none }
  pipelines:
    metrics: { receivers: [hostmetrics], exporters: [kubelet] }
`

async function ask(url: string): Promise<string> {
  const headers = { authorization: 'Bearer secret' }
  const sent = request(url, { rejectUnauthorized: false, agent: false, headers }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

test.each(['prometheus', 'otel', 'semconv', 'vm'])(
  "metrics-server takes a host's CPU and memory, which go by the names of %s",
  async (naming) => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'weir.yaml'), configuration.replace('NAMING', naming))
    await using weir = new WeirProcess(['--config', 'weir.yaml'], {
      cwd: folder.path,
      env: { NODE_NAME: 'this-host' },
    })
    const { url } = await weir.line('metrics are served as a kubelet does')
    const node = async () => decodeResourceMetrics(await ask(String(url)), 0).node
    const before = await weir.until('numbers of the node', node)
    const usage = await weir.until('later ones', async () => usageBetween(before, await node()))
    expect(usage.memory).toBeGreaterThan(1e6)
    expect(usage.cpu).toBeGreaterThanOrEqual(0)
    const summary = JSON.parse(
      await ask(String(url).replace('/metrics/resource', '/stats/summary')),
    ) as object
    expect(summary).toMatchObject({
      node: { nodeName: 'this-host', cpu: { usageNanoCores: expect.any(Number) as number }, memory: {} },
      pods: [],
    })
    expect(weir.stderr).not.toContain('secret')
    expect((await weir.end('SIGTERM')).status).toBe(0)
  },
)
