import { systemClock } from '#src/component/clock.ts'
import { ConfigError, makeAll, throwAll } from '#src/config/config-error.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { located } from '#src/config/located.ts'
import { Options, Type, WithoutEffect, type Static } from '#src/config/schema.ts'
import type { AccessRule, Account } from '#src/kubernetes/access-rule.ts'
import { discardPlan, planJobs, type PlannedJob } from '#src/scrape/plan.ts'
import { GlobalOptions, ScrapeOptions } from '#src/scrape/scrape-options.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import { planFiles } from './scrape-config-files.ts'

function elsewhere(what: string) {
  return Type.Optional(Type.Unknown({ description: `Refused: ${what}.` }))
}

/** The sections of a Prometheus configuration that a receiver has no use for, and where their work is done here. */
const otherSections = {
  alerting: 'there are no rules here',
  rule_files: 'there are no rules here',
  remote_write: 'samples are sent by an exporter, as prometheus_remote_write',
  remote_read: 'there are no queries here',
  storage: 'samples are kept by whatever the exporters send them to',
  tracing: 'there are no traces here',
  otlp: 'OTLP is received by the receiver otlp',
} as const

/** The part of a Prometheus configuration that says what is scraped. */
const PrometheusOptions = Options(
  {
    global: GlobalOptions,
    scrape_configs: Type.Array(ScrapeOptions, { description: 'The jobs.', default: [] }),
    scrape_config_files: Type.Array(Type.String(), {
      description:
        'Files with more jobs, under `scrape_configs`; `*` stands for any part of a name. They are watched.',
      default: [],
    }),
    alerting: elsewhere(otherSections.alerting),
    rule_files: elsewhere(otherSections.rule_files),
    remote_write: elsewhere(otherSections.remote_write),
    remote_read: elsewhere(otherSections.remote_read),
    storage: elsewhere(otherSections.storage),
    tracing: elsewhere(otherSections.tracing),
    otlp: elsewhere(otherSections.otlp),
  },
  { description: 'A configuration of Prometheus.' },
)

/** The options of `prometheus`: those of the Collector's receiver, and one of our own. */
export const Config = Options({
  config: PrometheusOptions,
  stale_on_shutdown: Type.Boolean({
    description: 'Whether series get stale markers when the receiver is stopped, and not only when they end.',
    default: false,
  }),
  trim_metric_suffixes: Type.Boolean({
    description: 'Refused where true: names stay as targets expose them.',
    default: false,
  }),
  target_allocator: elsewhere('targets are not divided among replicas by a server'),
  api_server: WithoutEffect('the admin server shows targets on /targets and /api/v1/targets'),
  enable_prometheus_ui_server: WithoutEffect(
    'the admin server shows targets on /targets and /api/v1/targets',
  ),
})

export type PrometheusConfig = Static<typeof Config>

/** Throws a `ConfigError` with all that the schema cannot say. */
export function checkOptions(config: PrometheusConfig): void {
  const { config: prometheus, trim_metric_suffixes: trims, target_allocator: allocator } = config
  const refused = Object.entries(otherSections)
    .filter(([name]) => prometheus[name as keyof typeof otherSections] !== undefined)
    .map(([name, why]) => new ConfigError(`belongs to Prometheus alone: ${why}`, ['config', name]))
  if (trims) {
    refused.push(new ConfigError('names stay as targets expose them: remove this', ['trim_metric_suffixes']))
  }
  if (allocator !== undefined) {
    refused.push(
      new ConfigError('targets are not divided among replicas by a server: remove this', [
        'target_allocator',
      ]),
    )
  }
  makeAll(
    () => throwAll(refused),
    () => discardPlan(planOf(config, { clock: systemClock, logger: silentLogger })),
  )
}

/** What the discoveries of all jobs must be allowed to do in clusters of Kubernetes. */
export function accessOf(config: PrometheusConfig, account: Account): AccessRule[] {
  const jobs = planOf(config, { clock: systemClock, logger: silentLogger })
  const rules = jobs.flatMap(({ discoveries }) =>
    discoveries.flatMap(({ discovery }) => discovery.access?.(account) ?? []),
  )
  discardPlan(jobs)
  return rules
}

/** All jobs, also those of other files. @throws {ConfigError} with all mistakes */
export function planOf({ config }: PrometheusConfig, surroundings: ClientSurroundings): PlannedJob[] {
  const { global, scrape_configs: jobs, scrape_config_files: files } = config
  const names = new Set(jobs.map(({ job_name: name }) => name))
  const [own, others] = located(['config'], () =>
    makeAll(
      () => located(['scrape_configs'], () => planJobs(jobs, global, surroundings)),
      () => planFiles(files, global, surroundings, names),
    ),
  )
  return [...own, ...others]
}
