import { matchOptions } from '#src/config/matcher.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { compileSelection } from '../selection.ts'
import { DiskScraper } from './disk-scraper.ts'
import { diskNames } from './names.ts'

const Devices = (description: string) =>
  Type.Optional(
    Options(
      {
        devices: Type.Array(Type.String(), {
          description: 'Names as in /proc/diskstats: `sda`.',
          default: [],
        }),
        ...matchOptions,
      },
      { description },
    ),
  )

/** The options of the scraper `disk`. */
export const DiskConfig = Options(
  { include: Devices('Only these disks.'), exclude: Devices('All disks but these.') },
  { description: 'Input and output of disks.' },
)

/** Measures disks. */
export const diskScraper: ScraperDefinition<Static<typeof DiskConfig>> = {
  name: 'disk',
  collector: 'diskstats',
  names: diskNames,
  create({ include, exclude }, { files }) {
    const selects = compileSelection('devices', {
      include: include && { ...include, names: include.devices },
      exclude: exclude && { ...exclude, names: exclude.devices },
    })
    return new DiskScraper(files, { selects, selected: include !== undefined || exclude !== undefined })
  },
}
