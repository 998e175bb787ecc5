import { ConfigError, makeAll, mapItems } from '#src/config/config-error.ts'
import { fingerprintOf } from '#src/config/fingerprint.ts'
import { located } from '#src/config/located.ts'
import { planDiscoveries, type PlannedDiscovery } from '#src/discovery/discoveries.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { compileJob } from './compile-job.ts'
import type { ScrapeJob } from './scrape-job.ts'
import type { GlobalConfig, ScrapeConfig } from './scrape-options.ts'

/** A job as the configuration wants it; nothing of it runs yet. */
export interface PlannedJob {
  readonly job: ScrapeJob
  readonly discoveries: readonly PlannedDiscovery[]
  /** Equal for equal options, secrets included. */
  readonly fingerprint: string
  /** Equal where bodies are read alike and come to the same series: then options may differ in which targets there are and when they are scraped. */
  readonly seriesFingerprint: string
}

/**
 * Makes jobs of their options. No I/O; jobs that are not used are to be closed.
 *
 * @param taken names that other jobs have
 * @throws {ConfigError} with all mistakes, each under the index of its job
 */
export function planJobs(
  configs: readonly ScrapeConfig[],
  global: GlobalConfig,
  surroundings: ClientSurroundings,
  taken: ReadonlySet<string> = new Set(),
): PlannedJob[] {
  const names = new Set(taken)
  return mapItems(configs, (options, index) =>
    located([index], () => {
      const { job_name: name } = options
      if (names.has(name)) throw new ConfigError(`there is another job of the name ${name}`, ['job_name'])
      names.add(name)
      return planJob(options, global, surroundings)
    }),
  )
}

function planJob(options: ScrapeConfig, global: GlobalConfig, surroundings: ClientSurroundings): PlannedJob {
  const { metric_relabel_configs: metricRules } = options
  const [discoveries, job] = makeAll(
    () => planDiscoveries(options, surroundings),
    () => compileJob(options, global, surroundings),
  )
  return {
    discoveries,
    job,
    fingerprint: fingerprintOf([options, global]),
    seriesFingerprint: fingerprintOf([seriesOptions(job), metricRules]),
  }
}

/** What decides how a body is read and which series its lines are, beside the rules. */
function seriesOptions(job: ScrapeJob): unknown {
  const { honorLabels, honorTimestamps, trackTimestampsStaleness, externalLabels, limits, names } = job
  const { histograms, extraMetrics } = job
  return {
    honorLabels,
    honorTimestamps,
    trackTimestampsStaleness,
    externalLabels,
    limits,
    names,
    histograms,
    extraMetrics,
  }
}

/** Closes what was planned and is not used. */
export function discardPlan(jobs: readonly PlannedJob[]): void {
  for (const { job, discoveries } of jobs) {
    job.client.close()
    for (const { discovery } of discoveries) discovery.stop()
  }
}
