import { discoveryProperties } from '#src/discovery/discoveries.ts'
import {
  ByteSize,
  Options,
  PrometheusDuration,
  Type,
  WithoutEffect,
  type Static,
} from '#src/config/schema.ts'
import { httpClientProperties } from '#src/http/client/prometheus-client-config.ts'
import { RelabelRules } from '#src/relabel/rule.ts'
import { scrapeProtocolNames } from './scrape-protocol.ts'

function limit(description: string): ReturnType<typeof count> {
  return count(`${description} 0 is no limit, and the default.`)
}

function count(description: string) {
  return Type.Optional(Type.Integer({ description, minimum: 0 }))
}

function refused(why: string) {
  return Type.Optional(Type.Unknown({ description: `Refused: ${why}.` }))
}

function flag(description: string) {
  return Type.Optional(Type.Boolean({ description: `${description} Off by default.` }))
}

const Protocol = Type.Enum([...scrapeProtocolNames], { description: 'A format of expositions.' })

/** What may be said of all jobs, and of each. */
const sharedProperties = {
  scrape_interval: Type.Optional(
    PrometheusDuration({
      description: 'The time from one scrape to the next. 1m by default.',
      minimum: '1ms',
    }),
  ),
  scrape_timeout: Type.Optional(
    PrometheusDuration({
      description:
        'How long a scrape may take, from the first packet to the last byte. At most the interval. 10s by default.',
      minimum: '1ms',
    }),
  ),
  scrape_protocols: Type.Optional(
    Type.Array(Protocol, {
      description:
        'The formats to ask for, the best first. By default OpenMetrics, then text; with native histograms protobuf before them.',
      minItems: 1,
    }),
  ),
  body_size_limit: Type.Optional(
    ByteSize({
      description: 'Bytes of a body, uncompressed, at which a scrape fails. 0 is no limit, and the default.',
    }),
  ),
  sample_limit: limit('Samples after metric relabeling above which a scrape fails.'),
  label_limit: limit('Labels of a series, its name included, above which a scrape fails.'),
  label_name_length_limit: limit('Bytes of the name of a label above which a scrape fails.'),
  label_value_length_limit: limit('Bytes of the value of a label above which a scrape fails.'),
  target_limit: limit('Targets of a job above which all of them fail.'),
  keep_dropped_targets: count(
    'Dropped targets of a job that are remembered for people. 0, the default, is 10,000.',
  ),
  metric_name_validation_scheme: Type.Optional(
    Type.Enum(['utf8', 'legacy'], {
      description:
        'Which names metrics and labels may have: any text (default), or letters, digits and underscores.',
    }),
  ),
  metric_name_escaping_scheme: Type.Optional(
    Type.Union(
      ['allow-utf-8', 'underscores', 'dots', 'values'].map((name) => Type.Literal(name)),
      {
        description:
          'How targets are asked to write other names: as they are by default, `underscores` with the validation scheme `legacy`.',
      },
    ),
  ),
  extra_scrape_metrics: flag(
    'Adds scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes to the series of each target.',
  ),
  scrape_native_histograms: flag(
    'Asks for protobuf first, and reads histograms that have native buckets as those.',
  ),
  always_scrape_classic_histograms: flag('Reads classic buckets beside native ones.'),
  convert_classic_histograms_to_nhcb: flag(
    'Whether classic histograms become native ones with custom buckets: in place of their series, or beside them with `always_scrape_classic_histograms`.',
  ),
}

const otherDiscovery = 'this discovery is not there: file_sd_configs or http_sd_configs can bring its targets'

const inLog = 'failures of scrapes are in the log and on /targets, and in no file of their own'

/** Options of a job, of Prometheus or of vmagent, that are known and not there: what is done about it. */
export const refusedOptions = {
  scrape_failure_log_file: inLog,
  aws_sd_configs: otherDiscovery,
  azure_sd_configs: otherDiscovery,
  consul_sd_configs: otherDiscovery,
  consulagent_sd_configs: otherDiscovery,
  digitalocean_sd_configs: otherDiscovery,
  docker_sd_configs: otherDiscovery,
  dockerswarm_sd_configs: otherDiscovery,
  ec2_sd_configs: otherDiscovery,
  eureka_sd_configs: otherDiscovery,
  gce_sd_configs: otherDiscovery,
  hetzner_sd_configs: otherDiscovery,
  ionos_sd_configs: otherDiscovery,
  kuma_sd_configs: otherDiscovery,
  lightsail_sd_configs: otherDiscovery,
  linode_sd_configs: otherDiscovery,
  marathon_sd_configs: otherDiscovery,
  nerve_sd_configs: otherDiscovery,
  nomad_sd_configs: otherDiscovery,
  openstack_sd_configs: otherDiscovery,
  outscale_sd_configs: otherDiscovery,
  ovhcloud_sd_configs: otherDiscovery,
  puppetdb_sd_configs: otherDiscovery,
  scaleway_sd_configs: otherDiscovery,
  serverset_sd_configs: otherDiscovery,
  stackit_sd_configs: otherDiscovery,
  triton_sd_configs: otherDiscovery,
  uyuni_sd_configs: otherDiscovery,
  vultr_sd_configs: otherDiscovery,
  yandexcloud_sd_configs: otherDiscovery,
  series_limit: 'there is no limit of series over time: sample_limit is one of each scrape',
  stream_parse: 'every body is read as it comes: remove it',
  max_scrape_size: 'say it by body_size_limit',
  relabel_debug: 'the admin server shows what rules do on /relabel-debug: remove it',
  metric_relabel_debug: 'the admin server shows what rules do on /relabel-debug: remove it',
  disable_compression: 'say it by enable_compression',
  disable_keepalive: 'connections are kept: remove it',
} as const satisfies Record<string, string>

const refusedProperties = Object.fromEntries(
  Object.entries(refusedOptions).map(([name, why]) => [name, refused(why)]),
) as Record<keyof typeof refusedOptions, ReturnType<typeof refused>>

/** The section `global`. */
export const GlobalOptions = Options({
  ...sharedProperties,
  external_labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels that all series get that do not have them.',
    default: {},
  }),
  scrape_failure_log_file: WithoutEffect(inLog),
  evaluation_interval: WithoutEffect('there are no rules'),
  rule_query_offset: WithoutEffect('there are no rules'),
  query_log_file: WithoutEffect('there are no queries'),
  runtime: WithoutEffect('it is of the Go runtime'),
})

/** One item of `scrape_configs`. */
export const ScrapeOptions = Options({
  job_name: Type.String({
    description: 'The name of the job: the label `job` of its targets.',
    minLength: 1,
  }),
  ...sharedProperties,
  scheme: Type.Enum(['http', 'https'], {
    description: 'How targets are asked.',
    default: 'http',
  }),
  metrics_path: Type.String({ description: 'The path of the URL of targets.', default: '/metrics' }),
  params: Type.Record(Type.String(), Type.Array(Type.String()), {
    description: 'Parameters of the URL of targets.',
    default: {},
  }),
  honor_labels: Type.Boolean({
    description:
      'Whether a label that a target exposes wins over its own of the same name; else it moves to `exported_...`.',
    default: false,
  }),
  honor_timestamps: Type.Boolean({
    description: 'Whether samples have the times that a target exposes.',
    default: true,
  }),
  track_timestamps_staleness: Type.Boolean({
    description: 'Whether series with times of their own get stale markers.',
    default: false,
  }),
  enable_compression: Type.Boolean({ description: 'Whether bodies may come compressed.', default: true }),
  fallback_scrape_protocol: Type.Optional(
    Type.Enum([...scrapeProtocolNames], {
      description:
        'What a body is taken for whose Content-Type says nothing known. As in the Collector, PrometheusText0.0.4 by default.',
    }),
  ),
  relabel_configs: Type.Array(RelabelRules.items, {
    description: 'Rules that make targets of what was discovered.',
    default: [],
  }),
  metric_relabel_configs: Type.Array(RelabelRules.items, {
    description: 'Rules for the series of targets.',
    default: [],
  }),
  ...httpClientProperties,
  ...discoveryProperties,
  native_histogram_bucket_limit: limit(
    'Buckets of a native histogram above which its resolution is lowered; where that does not do, the scrape fails.',
  ),
  native_histogram_min_bucket_factor: Type.Optional(
    Type.Number({
      description:
        'The least growth from one bucket of a native histogram to the next: finer ones are made coarser. 0 is no limit, and the default.',
      minimum: 0,
    }),
  ),
  scrape_align_interval: Type.Optional(
    PrometheusDuration({ description: 'Scrapes begin at multiples of this. As in vmagent.' }),
  ),
  scrape_offset: Type.Optional(
    PrometheusDuration({
      description: 'Scrapes begin so long after the multiples of the interval. As in vmagent.',
    }),
  ),
  no_stale_markers: Type.Boolean({
    description: 'Leaves out the stale markers of series that ended. As in vmagent.',
    default: false,
  }),
  ...refusedProperties,
})

export type GlobalConfig = Static<typeof GlobalOptions>
export type ScrapeConfig = Static<typeof ScrapeOptions>
