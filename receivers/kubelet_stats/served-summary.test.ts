import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { podHandler } from '#src/kubelet/pod-handler.ts'
import { summaryToMetricFamilies } from '#src/kubelet/summary-metrics.ts'
import type { Sample } from '#src/testing/captured-batches.ts'
import { testContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from './config.ts'
import { fullSummary } from './full-summary.ts'
import { KubeletStatsReceiver } from './kubelet-stats-receiver.ts'
import { until } from './test-kubelet.ts'

function valuesOf(samples: readonly Sample[]): Map<string, Sample['value']> {
  return new Map(
    samples.map(({ name, attributes: { container, namespace, pod }, value }) => [
      JSON.stringify([name, namespace, pod, container]),
      value,
    ]),
  )
}

test('what we serve as text is what the summary has under the same names', async () => {
  const summary = fullSummary()
  const server = createServer(
    podHandler({
      getStatsSummary: () => summary,
      getMetricsResource: () => summaryToMetricFamilies(summary),
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const context = testContext('kubelet_stats')
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = { auth_type: 'none', endpoint, naming: 'prometheus', endpoints: ['summary', 'resource'] }
  const receiver = new KubeletStatsReceiver(optionsOf(Config, options), context)
  receiver.start()
  await context.clock.advance(10_000)
  const of = (path: string): Sample[] =>
    context.next.samples.filter(({ attributes }) => attributes['metrics_path'] === path)
  await until(() => of('/stats/summary').length > 0 && of('/metrics/resource').length > 0)
  const read = valuesOf(of('/stats/summary'))
  const scraped = [...valuesOf(of('/metrics/resource'))].filter(([key]) => !/scrape|"up"/.test(key))
  expect(scraped.length).toBeGreaterThan(8)
  expect(scraped.map(([key]) => [key, read.get(key)])).toEqual(scraped)
  await receiver.stop()
  server.closeAllConnections()
  server.close()
})
