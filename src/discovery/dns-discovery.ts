import { Resolver } from 'node:dns/promises'
import { every, type Schedule } from '#src/component/schedule.ts'
import { ConfigError } from '#src/config/config-error.ts'
import { Options, PrometheusDuration, Type, type Static } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import { formatEndpoint } from '#src/http/endpoint.ts'
import { describeError } from '#src/telemetry/log-value.ts'
import type { DiscoveredLabels, Discovery } from './discovery.ts'
import { candidateNames, systemSearchPath, type SearchPath } from './search-path.ts'

/** One item of `dns_sd_configs`. */
export const DnsOptions = Options({
  names: Type.Array(Type.String({ minLength: 1 }), {
    description: 'The names to look up.',
    minItems: 1,
  }),
  type: Type.Enum(['srv', 'a', 'aaaa', 'mx', 'ns'], {
    description: 'The records to ask for; in upper case as well.',
    default: 'srv',
    anyCase: true,
  }),
  port: Type.Optional(
    Type.Integer({
      description: 'The port of the targets. Records of type SRV have their own.',
      minimum: 1,
      maximum: 65_535,
    }),
  ),
  refresh_interval: PrometheusDuration({
    description: 'How often the names are looked up.',
    default: '30s',
    minimum: '1s',
  }),
})

type DnsConfig = Static<typeof DnsOptions>

/** One record: where it leads to, and the label that tells more. */
interface Found {
  readonly host: string
  readonly port?: number
  readonly labels: readonly string[]
}

/** What is asked of the system's resolver, by type of record. Targets of records are told with the dot of the root. */
const lookups: Readonly<Record<DnsConfig['type'], (resolver: Resolver, name: string) => Promise<Found[]>>> = {
  a: async (resolver, name) => (await resolver.resolve4(name)).map(plain),
  aaaa: async (resolver, name) => (await resolver.resolve6(name)).map(plain),
  srv: async (resolver, name) =>
    (await resolver.resolveSrv(name)).map(({ name: host, port }) => ({
      host,
      port,
      labels: ['__meta_dns_srv_record_target', rooted(host), '__meta_dns_srv_record_port', String(port)],
    })),
  mx: async (resolver, name) =>
    (await resolver.resolveMx(name)).map(({ exchange }) => ({
      host: exchange,
      labels: ['__meta_dns_mx_record_target', rooted(exchange)],
    })),
  ns: async (resolver, name) =>
    (await resolver.resolveNs(name)).map((host) => ({
      host,
      labels: ['__meta_dns_ns_record_target', rooted(host)],
    })),
}

function plain(host: string): Found {
  return { host, labels: [] }
}

function rooted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}

/** Answers that say that there is nothing, which is an answer; other errors are none. */
const nothing = new Set(['ENOTFOUND', 'ENODATA'])

/** Tells the targets that names stand for. A name that cannot be looked up keeps its targets; one that is gone has none. */
export class DnsDiscovery implements Discovery {
  readonly #options: DnsConfig
  readonly #surroundings: ClientSurroundings
  readonly #resolver: Resolver
  readonly #searchPath: () => SearchPath
  readonly #targets = new Map<string, readonly DiscoveredLabels[]>()
  /** Names that could not be looked up the last time. */
  readonly #failing = new Set<string>()
  #schedule: Schedule | undefined
  #stopped = false
  #told: string | undefined

  /** @throws {ConfigError} where the port is missing */
  constructor(
    options: DnsConfig,
    surroundings: ClientSurroundings,
    // Each of two tries has so long.
    resolver = new Resolver({ timeout: 5000, tries: 2 }),
    searchPath = systemSearchPath,
  ) {
    if (options.type !== 'srv' && options.port === undefined)
      throw new ConfigError(`records of type ${options.type.toUpperCase()} have no port: it needs one`, [
        'port',
      ])
    this.#options = options
    this.#surroundings = surroundings
    this.#resolver = resolver
    this.#searchPath = searchPath
  }

  start(onTargets: (targets: readonly DiscoveredLabels[]) => void): void {
    const { clock, logger } = this.#surroundings
    this.#schedule = every(
      clock,
      this.#options.refresh_interval,
      async () => {
        const path = this.#searchPath()
        await Promise.all(this.#options.names.map(async (name) => await this.#refresh(name, path)))
        const targets = [...this.#targets.values()].flat()
        const told = JSON.stringify(targets)
        if (this.#stopped || told === this.#told || this.#targets.size === 0) return
        this.#told = told
        onTargets(targets)
      },
      { onError: (error) => logger.error('names of targets cannot be looked up', { error }) },
    )
  }

  stop(): void {
    this.#stopped = true
    void this.#schedule?.stop()
    this.#resolver.cancel()
  }

  async #refresh(name: string, path: SearchPath): Promise<void> {
    const { logger } = this.#surroundings
    try {
      const found = await this.#lookUp(name, path)
      this.#targets.set(
        name,
        found.map(({ host, port = this.#options.port ?? 0, labels }) => [
          '__address__',
          formatEndpoint({ host: host.replace(/\.$/, ''), port }),
          '__meta_dns_name',
          name,
          ...labels,
        ]),
      )
      if (this.#failing.delete(name)) logger.info(`${name} can be looked up again`)
    } catch (error) {
      if (this.#stopped || this.#failing.has(name)) return
      this.#failing.add(name)
      logger.error(`${name} cannot be looked up: the targets that it stood for stay`, {
        error: describeError(error),
      })
    }
  }

  /** The records of the first candidate that has some, in order. */
  async #lookUp(name: string, path: SearchPath): Promise<readonly Found[]> {
    const lookUp = lookups[this.#options.type]
    let failure: unknown
    for (const candidate of candidateNames(name, path)) {
      try {
        const found = await lookUp(this.#resolver, candidate)
        return found.toSorted((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && nothing.has(String(error.code)))) failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return []
  }
}
