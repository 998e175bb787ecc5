import { Options, type Static } from '#src/config/schema.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { CpuScraper } from './cpu-scraper.ts'
import { cpuNames } from './names.ts'

/** The options of the scraper `cpu`: it has none of its own. */
export const CpuConfig = Options({}, { description: 'Time, share and number of CPUs.' })

/** Measures the CPUs. */
export const cpuScraper: ScraperDefinition<Static<typeof CpuConfig>> = {
  name: 'cpu',
  collector: 'cpu',
  names: cpuNames,
  create: (_, { files }) => new CpuScraper(files),
}
