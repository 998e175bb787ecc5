import { ConfigError, throwAll } from '#src/config/config-error.ts'
import { nearestName } from '#src/config/nearest-name.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { isMetricName, metricNames } from '#src/naming/metric.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { scraperOptions, scrapers, type MetricOptions, type ScraperName } from './scrapers.ts'

const Later = Type.Optional(Type.Unknown({ description: 'Comes with a later version; refused until then.' }))

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
      "The label `node` of the vocabulary `vm`. Unless given: the variable NODE_NAME, else the host's name.",
    default: '',
  }),
  scrapers: Options(
    { ...scraperOptions, ...laterScrapers },
    { description: 'What is measured: a key for each scraper, with its options or nothing.' },
  ),
})

export type HostMetricsConfig = Static<typeof Config>

/** Throws a `ConfigError` where there is nothing to measure, or a scraper or metric that is not there. */
export function checkScrapers(config: HostMetricsConfig): void {
  const named = Object.keys(config.scrapers)
  if (named.length === 0)
    throw new ConfigError(`at least one scraper must be named: ${Object.keys(scrapers).join(', ')}`, [
      'scrapers',
    ])
  const later = Object.keys(laterScrapers)
    .filter((name) => named.includes(name))
    .map(
      (name) =>
        new ConfigError(`the scraper ${name} comes with a later version: take it out until then`, [
          'scrapers',
          name,
        ]),
    )
  throwAll([
    ...later,
    ...chosenScrapers(config).flatMap(([name, options]) => mistakesInMetrics(name, options)),
  ])
}

/** The scrapers that the configuration names, with their options. */
export function chosenScrapers(
  config: HostMetricsConfig,
): (readonly [name: ScraperName, options: MetricOptions])[] {
  return (Object.keys(scrapers) as ScraperName[]).flatMap((name) => {
    const options = config.scrapers[name]
    return options === undefined ? [] : [[name, options] as const]
  })
}

function mistakesInMetrics(scraper: ScraperName, { metrics }: MetricOptions): ConfigError[] {
  const names = metricNames(scrapers[scraper].names)
  return Object.entries(metrics).flatMap(([name, options]) => {
    const path = ['scrapers', scraper, 'metrics', name]
    if (!isMetricName(name, names)) {
      const nearest = nearestName(name, names)
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      return [new ConfigError(`the scraper ${scraper} has no metric ${name}${hint}`, path)]
    }
    return (['attributes', 'aggregation_strategy'] as const)
      .filter((option) => options[option] !== undefined)
      .map(
        (option) =>
          new ConfigError(
            `${option} of a metric comes with a later version: aggregate in a processor until then`,
            [...path, option],
          ),
      )
  })
}
