import { ConfigError, makeAll, throwAll } from '#src/config/config-error.ts'
import { formatPrometheusDuration } from '#src/config/duration.ts'
import { located } from '#src/config/located.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { compilePrometheusClient } from '#src/http/client/prometheus-client-config.ts'
import { compileRelabeling } from '#src/relabel/relabeling.ts'
import { schemaOfFactor, type ResolutionLimits } from '#src/text/native-histogram.ts'
import type { HistogramOptions, ScrapeJob } from './scrape-job.ts'
import { refusedOptions, type GlobalConfig, type ScrapeConfig } from './scrape-options.ts'
import {
  acceptHeader,
  defaultProtocols,
  scrapeProtocolNames,
  type ScrapeProtocol,
} from './scrape-protocol.ts'

/** What holds where neither a job nor `global` says otherwise. */
const standard = {
  intervalMs: 60_000,
  timeoutMs: 10_000,
  droppedTargets: 10_000,
  /** As in the Collector, which takes what has no known type for text. */
  fallback: 'PrometheusText0.0.4',
} as const

/**
 * Makes a job of its options and those of all jobs. It does no I/O; its client is to be closed.
 *
 * @throws {ConfigError} with all mistakes, and their paths in the options of the job
 */
export function compileJob(
  options: ScrapeConfig,
  global: GlobalConfig,
  surroundings: ClientSurroundings,
): ScrapeJob {
  const names = options.metric_name_validation_scheme ?? global.metric_name_validation_scheme ?? 'utf8'
  const [times, accept, relabeling, metricRelabeling, client] = makeAll(
    () => timesOf(options, global),
    () => acceptOf(options, global, names),
    () => located(['relabel_configs'], () => compileRelabeling(options.relabel_configs, { names })),
    () =>
      located(['metric_relabel_configs'], () => compileRelabeling(options.metric_relabel_configs, { names })),
    () => compilePrometheusClient(options, surroundings),
    () => throwAll([...refusals(options)]),
  )
  return {
    name: options.job_name,
    scheme: options.scheme,
    metricsPath: options.metrics_path,
    params: new Map(Object.entries(options.params)),
    ...times,
    honorLabels: options.honor_labels,
    honorTimestamps: options.honor_timestamps,
    trackTimestampsStaleness: options.track_timestamps_staleness,
    staleMarkers: !options.no_stale_markers,
    externalLabels: Object.entries(global.external_labels).flat(),
    ...limitsOf(options, global),
    compression: options.enable_compression,
    accept,
    fallbackProtocol: options.fallback_scrape_protocol ?? standard.fallback,
    names,
    histograms: histogramsOf(options, global),
    extraMetrics: options.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    relabeling,
    metricRelabeling: options.metric_relabel_configs.length === 0 ? undefined : metricRelabeling,
    client,
  }
}

function hasNativeHistograms(options: ScrapeConfig, global: GlobalConfig): boolean {
  return options.scrape_native_histograms ?? global.scrape_native_histograms ?? false
}

function resolutionOf(options: ScrapeConfig): ResolutionLimits {
  const { native_histogram_bucket_limit: bucketLimit, native_histogram_min_bucket_factor: factor = 0 } =
    options
  return { bucketLimit, finestSchema: factor > 1 ? schemaOfFactor(factor) : undefined }
}

function histogramsOf(options: ScrapeConfig, global: GlobalConfig): HistogramOptions {
  const classicHistograms =
    options.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms ?? false
  const converts =
    options.convert_classic_histograms_to_nhcb ?? global.convert_classic_histograms_to_nhcb ?? false
  return {
    nativeHistograms: hasNativeHistograms(options, global),
    classicHistograms,
    customHistograms: converts ? (classicHistograms ? 'beside' : 'instead') : undefined,
    resolution: resolutionOf(options),
  }
}

function* refusals(options: ScrapeConfig): Generator<ConfigError> {
  for (const [refused, why] of Object.entries(refusedOptions)) {
    if (options[refused as keyof typeof refusedOptions] !== undefined) yield new ConfigError(why, [refused])
  }
}

function timesOf(
  options: ScrapeConfig,
  global: GlobalConfig,
): Pick<ScrapeJob, 'intervalMs' | 'timeoutMs' | 'alignMs' | 'offsetMs'> {
  const intervalMs = options.scrape_interval ?? global.scrape_interval ?? standard.intervalMs
  const { scrape_timeout: own } = options
  if (own !== undefined && own > intervalMs) {
    const interval = formatPrometheusDuration(intervalMs)
    throw new ConfigError(`is longer than the scrape_interval of the job, ${interval}`, ['scrape_timeout'])
  }
  return {
    intervalMs,
    timeoutMs: own ?? Math.min(intervalMs, global.scrape_timeout ?? standard.timeoutMs),
    alignMs: options.scrape_align_interval ?? 0,
    offsetMs: options.scrape_offset,
  }
}

function acceptOf(options: ScrapeConfig, global: GlobalConfig, names: ScrapeJob['names']): string {
  const own = options.scrape_protocols
  const standardProtocols = hasNativeHistograms(options, global) ? scrapeProtocolNames : defaultProtocols
  const protocols: readonly ScrapeProtocol[] = own ?? global.scrape_protocols ?? standardProtocols
  const again = protocols.find((protocol, index) => protocols.indexOf(protocol) !== index)
  if (own !== undefined && again !== undefined)
    throw new ConfigError(`${again} is in the list twice`, ['scrape_protocols'])
  const escaping =
    options.metric_name_escaping_scheme ??
    global.metric_name_escaping_scheme ??
    (names === 'legacy' ? 'underscores' : 'allow-utf-8')
  return acceptHeader(protocols, escaping)
}

function limitsOf(
  options: ScrapeConfig,
  global: GlobalConfig,
): Pick<ScrapeJob, 'limits' | 'targetLimit' | 'keepDroppedTargets'> {
  const keep = options.keep_dropped_targets ?? global.keep_dropped_targets ?? 0
  return {
    limits: {
      samples: options.sample_limit ?? global.sample_limit ?? 0,
      labels: options.label_limit ?? global.label_limit ?? 0,
      labelName: options.label_name_length_limit ?? global.label_name_length_limit ?? 0,
      labelValue: options.label_value_length_limit ?? global.label_value_length_limit ?? 0,
      body: options.body_size_limit ?? global.body_size_limit ?? 0,
    },
    targetLimit: options.target_limit ?? global.target_limit ?? 0,
    keepDroppedTargets: keep === 0 ? standard.droppedTargets : keep,
  }
}
