import { Options, Type, type Static } from '#src/config/schema.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { LoadScraper } from './load-scraper.ts'
import { loadNames } from './names.ts'

/** The options of the scraper `load`. */
export const LoadConfig = Options(
  {
    cpu_average: Type.Boolean({
      description: 'Divides the metrics of the vocabulary `otel` by the number of CPUs.',
      default: false,
    }),
  },
  { description: 'The load average.' },
)

/** Measures the load. */
export const loadScraper: ScraperDefinition<Static<typeof LoadConfig>> = {
  name: 'load',
  collector: 'loadavg',
  names: loadNames,
  create: ({ cpu_average: perCpu }, { files }) => new LoadScraper(files, perCpu),
}
