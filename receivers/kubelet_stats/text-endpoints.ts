import type { ReceiverContext } from '#src/component/define.ts'
import { convertData } from '#src/config/conversion.ts'
import { checkData } from '#src/config/schema-check.ts'
import { viewOf } from '#src/config/schema-view.ts'
import { KubeletRefusal, type KubeletClient } from '#src/kubelet/client.ts'
import { planJobs, type PlannedJob } from '#src/scrape/plan.ts'
import { ScrapeFailure } from '#src/scrape/scrape-failure.ts'
import { GlobalOptions, ScrapeOptions } from '#src/scrape/scrape-options.ts'
import type { Static, TSchema } from '#src/config/schema.ts'
import { timeoutOf, type KubeletStatsConfig } from './config.ts'

/** The paths of the endpoints that expose text. */
export const textPaths = {
  resource: '/metrics/resource',
  cadvisor: '/metrics/cadvisor',
  probes: '/metrics/probes',
  metrics: '/metrics',
} as const

/** Bytes of an exposition at most: `/metrics/cadvisor` of 500 containers has 6 MiB. */
const largestBody = '256MiB'

/**
 * The jobs that scrape the text endpoints of a kubelet, as Prometheus would with `job="kubelet"`, `metrics_path` and `node`
 * on each series, and the kubelet's own labels kept.
 */
export function planTextEndpoints(
  config: KubeletStatsConfig,
  context: Pick<ReceiverContext, 'clock' | 'logger'>,
  { client, node }: { readonly client: KubeletClient; readonly node: string },
): PlannedJob[] {
  const chosen = config.endpoints.filter((endpoint) => endpoint !== 'summary')
  const written = chosen.map((endpoint) => {
    const path = textPaths[endpoint]
    return {
      job_name: `kubelet/${endpoint}`,
      scheme: client.base.protocol.slice(0, -1),
      metrics_path: path,
      scrape_interval: `${config.collection_interval}ms`,
      scrape_timeout: `${timeoutOf(config)}ms`,
      body_size_limit: largestBody,
      honor_labels: true,
      honor_timestamps: config.honor_timestamps,
      // Lines with times of their own would else stay for five minutes after their container.
      track_timestamps_staleness: true,
      static_configs: [{ targets: [client.base.host], labels: { job: 'kubelet', metrics_path: path, node } }],
    }
  })
  const jobs = planJobs(
    written.map((options) => optionsOf(ScrapeOptions, options)),
    optionsOf(GlobalOptions, {}),
    context,
  )
  return jobs.map((planned) => {
    planned.job.client.close()
    return { ...planned, job: { ...planned.job, client: scrapingClient(client) } }
  })
}

/** Options as they would be read from a file. */
function optionsOf<Schema extends TSchema>(schema: Schema, written: object): Static<Schema> {
  const { data, conversions } = checkData(viewOf(schema), structuredClone(written))
  return convertData(data, conversions) as Static<Schema>
}

/** The kubelet's client for scraping, where refusals have a word. The receiver closes it. */
function scrapingClient(client: KubeletClient): PlannedJob['job']['client'] {
  return {
    async get(request, sink, signal) {
      try {
        return await client.get(request, sink, signal)
      } catch (error) {
        throw error instanceof KubeletRefusal ? new ScrapeFailure('http_status', error.message) : error
      }
    },
    conceal: (text, url) => client.conceal(text, url),
    close: () => undefined,
  }
}
