import { ConfigError, mapItems } from '#src/config/config-error.ts'
import { Options, Type, type Static, type TSchema } from '#src/config/schema.ts'
import type { AnyMetricDefinition } from '#src/naming/metric.ts'
import { CpuConfig, cpuScraper } from './cpu/index.ts'
import { DiskConfig, diskScraper } from './disk/index.ts'
import { FilesystemConfig, filesystemScraper } from './filesystem/index.ts'
import { LoadConfig, loadScraper } from './load/index.ts'
import { MemoryConfig, memoryScraper } from './memory/index.ts'
import { NetworkConfig, networkScraper } from './network/index.ts'
import type { Scraper, ScraperContext, ScraperDefinition } from './scraper.ts'

const metrics = Type.Record(
  Type.String(),
  Options({
    enabled: Type.Optional(Type.Boolean({ description: 'Whether the metric is emitted.' })),
    attributes: Type.Optional(Type.Unknown({ description: 'Not offered yet.' })),
    aggregation_strategy: Type.Optional(Type.Unknown({ description: 'Not offered yet.' })),
  }),
  {
    description: 'Metrics that are switched on or off, by their name in any vocabulary: `{enabled: false}`.',
    default: {},
  },
)

/** What of the options of a scraper is the same for all. */
export interface MetricOptions {
  readonly metrics: Static<typeof metrics>
}

/** Adds the options that all scrapers have to those of one. */
function withMetrics<const Properties extends Record<string, TSchema>>(schema: Type.TObject<Properties>) {
  const { description = '' } = schema as { description?: string }
  return Type.Optional(Options({ ...schema.properties, metrics }, { description }))
}

/** The options under `scrapers`. A scraper that is named there runs. */
export const scraperOptions = {
  cpu: withMetrics(CpuConfig),
  memory: withMetrics(MemoryConfig),
  load: withMetrics(LoadConfig),
  disk: withMetrics(DiskConfig),
  filesystem: withMetrics(FilesystemConfig),
  network: withMetrics(NetworkConfig),
}

/** The names of the scrapers that there are. */
export type ScraperName = keyof typeof scraperOptions

/** A scraper whose options are known to be its own. */
export interface KnownScraper {
  readonly name: string
  readonly collector: string
  readonly names: readonly AnyMetricDefinition[]
  readonly make: (options: unknown, context: ScraperContext) => readonly Scraper[]
}

function known<Options>(definition: ScraperDefinition<Options>): KnownScraper {
  const { name, collector, names } = definition
  return {
    name,
    collector,
    names,
    // The schema beside the definition has validated them.
    make: (options, context) => [definition.create(options as Options, context)].flat(),
  }
}

/** The scrapers by their name under `scrapers`. */
export const scrapers: Readonly<Record<ScraperName, KnownScraper>> = {
  cpu: known(cpuScraper),
  memory: known(memoryScraper),
  load: known(loadScraper),
  disk: known(diskScraper),
  filesystem: known(filesystemScraper),
  network: known(networkScraper),
}

/** The options under `scrapers`, by the scraper that they name. */
export type ScraperSettings = { readonly [Name in ScraperName]?: MetricOptions }

/** A scraper as configured. */
export interface ChosenScraper {
  readonly name: ScraperName
  readonly options: MetricOptions
  readonly made: readonly Scraper[]
}

/** The names of the scrapers that the configuration names, with their options. */
export function chosenScrapers(
  settings: ScraperSettings,
): (readonly [name: ScraperName, options: MetricOptions])[] {
  return (Object.keys(scrapers) as ScraperName[]).flatMap((name) => {
    const options = settings[name]
    return options === undefined ? [] : [[name, options] as const]
  })
}

/**
 * Makes the scrapers that the configuration names.
 *
 * @throws ConfigError with all that is wrong in their options, paths beginning with `scrapers`
 */
export function makeScrapers(settings: ScraperSettings, context: ScraperContext): ChosenScraper[] {
  return mapItems(chosenScrapers(settings), ([name, options]) => {
    try {
      return { name, options, made: scrapers[name].make(options, context) }
    } catch (error) {
      throw error instanceof ConfigError ? error.under('scrapers', name) : error
    }
  })
}
