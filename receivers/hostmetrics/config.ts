import { systemClock } from '#src/component/clock.ts'
import { ConfigError, makeAll, throwAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { metricNames } from '#src/naming/metric.ts'
import { unknownMetric } from '#src/naming/unknown-metric.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import {
  chosenScrapers,
  makeScrapers,
  scraperOptions,
  scrapers,
  type MetricOptions,
  type ScraperName,
} from './scrapers.ts'

const Later = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), {
    description: 'Comes with a later version; refused until then.',
  }),
)

/** The Collector's scrapers that are not there yet. */
const laterScrapers = { paging: Later, processes: Later, process: Later, system: Later, nfs: Later }

/** The options of `hostmetrics`, in the Collector's names; `naming` and `node_name` are our own. */
export const Config = Options({
  collection_interval: Duration({
    description: 'The time from one measurement to the next.',
    default: '1m',
    minimum: '1ms',
  }),
  initial_delay: Duration({ description: 'The time until the first one.', default: '1s' }),
  timeout: Duration({
    description: 'How long one measurement may take: what is missing then is left out. 0 is the interval.',
    default: '0s',
  }),
  root_path: Type.String({
    description:
      'Where the root of the host is mounted, where that is not where the process lives: `/host` in a container.',
    default: '',
    pattern: '^(/.*)?$',
  }),
  metadata_collection_interval: Duration({
    description: "Accepted and without effect: there is no log of the host's properties.",
    default: '5m',
  }),
  naming: NamingOption,
  node_name: Type.String({
    description:
      "The label `node` of the vocabulary `vm`. Unless given: the variable K8S_NODE_NAME or NODE_NAME, else the host's name.",
    default: '',
  }),
  scrapers: Options(
    { ...scraperOptions, ...laterScrapers },
    { description: 'What is measured: a key for each scraper, with its options or nothing.' },
  ),
})

export type HostMetricsConfig = Static<typeof Config>

/** Throws a `ConfigError` with all that the schema cannot say about the scrapers. */
export function checkScrapers({ scrapers: settings, root_path: rootPath }: HostMetricsConfig): void {
  const named = Object.keys(settings)
  if (named.length === 0)
    throw new ConfigError(`at least one scraper must be named: ${Object.keys(scrapers).join(', ')}`, [
      'scrapers',
    ])
  const later = Object.keys(laterScrapers).filter((name) => named.includes(name))
  const inMetrics = chosenScrapers(settings).flatMap(([name, options]) => mistakesInMetrics(name, options))
  makeAll(
    () => throwAll([...later.map(comesLater), ...inMetrics]),
    () =>
      makeScrapers(settings, { files: new HostFiles(rootPath), clock: systemClock, logger: silentLogger }),
  )
}

function comesLater(scraper: string): ConfigError {
  return new ConfigError(`the scraper ${scraper} comes with a later version: take it out until then`, [
    'scrapers',
    scraper,
  ])
}

function mistakesInMetrics(scraper: ScraperName, { metrics }: MetricOptions): ConfigError[] {
  const names = metricNames(scrapers[scraper].names)
  return Object.entries(metrics).flatMap(([name, options]) => {
    const path = ['scrapers', scraper, 'metrics']
    const mistake = unknownMetric(name, names, { path, owner: `the scraper ${scraper} has` })
    if (mistake !== undefined) return [mistake]
    return (['attributes', 'aggregation_strategy'] as const)
      .filter((option) => options[option] !== undefined)
      .map(
        (option) =>
          new ConfigError(
            `${option} of a metric comes with a later version: aggregate in a processor until then`,
            [...path, name, option],
          ),
      )
  })
}
