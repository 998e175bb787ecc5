import { Options, type Static } from '#src/config/schema.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { MemoryScraper } from './memory-scraper.ts'
import { memoryNames } from './names.ts'

/** The options of the scraper `memory`: it has none of its own. */
export const MemoryConfig = Options({}, { description: 'Memory by state.' })

/** Measures memory. */
export const memoryScraper: ScraperDefinition<Static<typeof MemoryConfig>> = {
  name: 'memory',
  collector: 'meminfo',
  names: memoryNames,
  create: (_, { files }) => new MemoryScraper(files),
}
