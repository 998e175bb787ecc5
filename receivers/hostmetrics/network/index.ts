import { matchOptions } from '#src/config/matcher.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { compileSelection } from '../selection.ts'
import { InterfaceScraper } from './interface-scraper.ts'
import { networkNames } from './names.ts'
import { TrafficScraper } from './traffic-scraper.ts'

const Interfaces = (description: string) =>
  Type.Optional(
    Options(
      {
        interfaces: Type.Array(Type.String(), { description: 'Names of interfaces: `eth0`.', default: [] }),
        ...matchOptions,
      },
      { description },
    ),
  )

/** The options of the scraper `network`. */
export const NetworkConfig = Options(
  { include: Interfaces('Only these interfaces.'), exclude: Interfaces('All interfaces but these.') },
  { description: 'Traffic and state of network interfaces, connections.' },
)

/** Measures the network: of node_exporter's collectors netdev, and netclass. */
export const networkScraper: ScraperDefinition<Static<typeof NetworkConfig>> = {
  name: 'network',
  collector: 'netdev',
  names: networkNames,
  create({ include, exclude }, { files }) {
    const selects = compileSelection('interfaces', {
      include: include && { ...include, names: include.interfaces },
      exclude: exclude && { ...exclude, names: exclude.interfaces },
    })
    return [new TrafficScraper(files, selects), new InterfaceScraper(files, selects)]
  },
}
