import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ScrapedTarget } from './data-set.ts'
import { relabelRules } from './relabel-rules.ts'

/** What an agent has to do, and what it may use for it. */
export interface Assignment {
  /** An empty folder of its own. */
  readonly folder: string
  readonly targets: readonly ScrapedTarget[]
  /** Where the targets are: host and port. */
  readonly address: string
  readonly sinkUrl: string
  /** Free ports: one for its own metrics, one for what else it serves. */
  readonly ownPort: number
  readonly adminPort: number
  readonly intervalMs: number
  readonly relabel: boolean
  /** `service.workers` of Weir. */
  readonly workers: number
  /** The bundle of Weir. */
  readonly weir: string
  /** Flags of Node for Weir, as to profile it. */
  readonly nodeFlags: readonly string[]
}

/** How an agent is started: its configuration goes into `config.yaml` of its folder. */
export interface Launch {
  readonly config: object
  readonly command: readonly string[]
}

/** A program under test. */
export interface Agent {
  readonly title: string
  readonly launch: (assignment: Assignment) => Launch
}

/** The label that every series gets on the way out. */
export const externalLabels = { cluster: 'eu-prod-1' }

/** `$` begins a variable in the configuration of the Collector and of Weir. */
function escaped(value: object): object {
  return JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$')) as object
}

/** Targets are discovered from a file for each job, since a configuration does not have ten thousand. */
function scrapeConfigs({ targets, folder, relabel }: Assignment): object[] {
  return [...new Set(targets.map(({ job }) => job))].map((job) => ({
    job_name: job,
    file_sd_configs: [{ files: [join(folder, `${job}.json`)] }],
    ...(relabel ? { metric_relabel_configs: relabelRules } : {}),
  }))
}

/** The files that targets are discovered from, by name. */
export function targetFiles({ targets, address }: Assignment): Map<string, string> {
  const files = new Map<string, string>()
  for (const [job, scraped] of Map.groupBy(targets, (target) => target.job)) {
    const groups = scraped.map(({ instance, path }) => ({
      targets: [address],
      labels: { instance, __metrics_path__: path },
    }))
    files.set(`${job}.json`, JSON.stringify(groups))
  }
  return files
}

function prometheusConfig(assignment: Assignment): {
  readonly global: object
  readonly scrape_configs: object[]
} {
  const interval = `${assignment.intervalMs}ms`
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, external_labels: externalLabels },
    scrape_configs: scrapeConfigs(assignment),
  }
}

function collectorConfig(assignment: Assignment): {
  readonly global: object
  readonly scrape_configs: object[]
} {
  const interval = `${assignment.intervalMs}ms`
  const config = { scrape_configs: scrapeConfigs(assignment) }
  return {
    global: { scrape_interval: interval, scrape_timeout: interval },
    ...escaped(config),
  } as ReturnType<typeof prometheusConfig>
}

function vmagent(...flags: readonly string[]): Agent['launch'] {
  return (assignment) => ({
    config: prometheusConfig(assignment),
    command: [
      peerProgram('vmagent'),
      `-promscrape.config=${join(assignment.folder, 'config.yaml')}`,
      `-remoteWrite.url=${assignment.sinkUrl}`,
      `-remoteWrite.tmpDataPath=${join(assignment.folder, 'data')}`,
      `-httpListenAddr=127.0.0.1:${assignment.ownPort}`,
      '-promscrape.maxScrapeSize=2GB',
      // Like the others: remote write 1.0 with snappy.
      '-remoteWrite.forcePromProto=true',
      ...flags,
    ],
  })
}

/** @param queue its queue, where it is not the usual one */
function weir(queue: (assignment: Assignment) => object = () => ({})): Agent['launch'] {
  return (assignment) => ({
    config: {
      receivers: { prometheus: { config: collectorConfig(assignment) } },
      exporters: {
        prometheus_remote_write: {
          endpoint: assignment.sinkUrl,
          external_labels: externalLabels,
          remote_write_queue: queue(assignment),
        },
      },
      extensions: { health_check: { endpoint: `127.0.0.1:${assignment.adminPort}` } },
      service: {
        workers: assignment.workers,
        extensions: ['health_check'],
        telemetry: {
          logs: { level: 'info' },
          metrics: {
            readers: [
              { pull: { exporter: { prometheus: { host: '127.0.0.1', port: assignment.ownPort } } } },
            ],
          },
        },
        pipelines: { metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] } },
      },
    },
    command: [
      process.execPath,
      ...assignment.nodeFlags,
      assignment.weir,
      `--config=${join(assignment.folder, 'config.yaml')}`,
    ],
  })
}

export const agents = {
  weir: { title: 'Weir', launch: weir() },
  'weir-disk': {
    title: 'Weir, its queue on disk',
    launch: weir(({ folder }) => ({ disk: { directory: join(folder, 'queue') } })),
  },
  vmagent: { title: 'vmagent', launch: vmagent() },
  'vmagent-nostale': {
    title: 'vmagent -promscrape.noStaleMarkers',
    launch: vmagent('-promscrape.noStaleMarkers'),
  },
  prometheus: {
    title: 'Prometheus agent',
    launch: (assignment) => ({
      config: {
        ...prometheusConfig(assignment),
        // Larger requests than by default, which suits it better.
        remote_write: [
          { url: assignment.sinkUrl, queue_config: { max_samples_per_send: 5000, capacity: 20_000 } },
        ],
      },
      command: [
        peerProgram('prometheus'),
        '--agent',
        `--config.file=${join(assignment.folder, 'config.yaml')}`,
        `--storage.agent.path=${join(assignment.folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${assignment.ownPort}`,
      ],
    }),
  },
  otelcol: {
    title: 'OpenTelemetry Collector',
    launch: (assignment) => ({
      config: {
        receivers: { prometheus: { config: collectorConfig(assignment) } },
        exporters: {
          prometheus_remote_write: {
            endpoint: assignment.sinkUrl,
            external_labels: externalLabels,
            // Names and labels as they were scraped, and no series beside them.
            add_metric_suffixes: false,
            disable_scope_info: true,
            target_info: { enabled: false },
          },
        },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] } },
        },
      },
      command: [peerProgram('otelcol'), `--config=${join(assignment.folder, 'config.yaml')}`],
    }),
  },
} as const satisfies Readonly<Record<string, Agent>>

export type AgentName = keyof typeof agents

/** The newest version of a peer in the cache that `scripts/peers.sh` and `scripts/otelcol.sh` fill. */
function peerProgram(name: string): string {
  const cache = process.env['WEIR_PEERS_CACHE'] ?? join(homedir(), '.cache', 'weir-peers')
  const newest = readdirSync(cache)
    .filter((folder) => folder.startsWith(`${name}-`))
    .toSorted(new Intl.Collator('en', { numeric: true }).compare)
    .at(-1)
  if (newest === undefined) throw new Error(`${name} is not in ${cache}`)
  return join(cache, newest, name)
}
