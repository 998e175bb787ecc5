import { located } from '#src/config/located.ts'
import { fingerprintOf } from '#src/config/fingerprint.ts'
import { Type, type Static, type TSchema } from '#src/config/schema.ts'
import type { ClientSurroundings } from '#src/http/client/client-surroundings.ts'
import type { Discovery } from './discovery.ts'
import { DnsDiscovery, DnsOptions } from './dns-discovery.ts'
import { FileDiscovery, FileOptions } from './file-discovery.ts'
import { HttpDiscovery, HttpOptions } from './http-discovery.ts'
import { KubernetesDiscovery } from './kubernetes/kubernetes-discovery.ts'
import { KubernetesOptions } from './kubernetes/options.ts'
import { StaticDiscovery } from './static-discovery.ts'
import { TargetGroupOptions } from './target-group.ts'

/** A way to discover targets: its options, and what is made of them. */
interface DiscoveryKind<Schema extends TSchema> {
  readonly config: Schema
  readonly description: string
  make(options: Static<Schema>, surroundings: ClientSurroundings): Discovery
}

function kind<Schema extends TSchema>(definition: DiscoveryKind<Schema>): DiscoveryKind<Schema> {
  return definition
}

/** All ways to discover targets, by the option of a job that lists them. Another way is another row. */
const kinds = {
  static_configs: kind({
    config: TargetGroupOptions,
    description: 'Targets that are listed here.',
    make: (options) => new StaticDiscovery(options),
  }),
  file_sd_configs: kind({
    config: FileOptions,
    description: 'Targets that files list; they are watched.',
    make: (options, surroundings) => new FileDiscovery(options, surroundings),
  }),
  http_sd_configs: kind({
    config: HttpOptions,
    description: 'Targets that a server lists.',
    make: (options, surroundings) => new HttpDiscovery(options, surroundings),
  }),
  dns_sd_configs: kind({
    config: DnsOptions,
    description: 'Targets that names stand for.',
    make: (options, surroundings) => new DnsDiscovery(options, surroundings),
  }),
  kubernetes_sd_configs: kind({
    config: KubernetesOptions,
    description: 'Targets that are objects of a cluster of Kubernetes.',
    make: (options, surroundings) => new KubernetesDiscovery(options, surroundings),
  }),
}

type Kinds = typeof kinds

/** The options by which a job discovers targets. */
export const discoveryProperties = Object.fromEntries(
  Object.entries(kinds).map(([name, { config, description }]) => [
    name,
    Type.Array(config, { description, default: [] }),
  ]),
) as unknown as { readonly [Name in keyof Kinds]: Type.TArray<Kinds[Name]['config']> }

/** What a job says of discovery. */
export type DiscoveryOptions = { readonly [Name in keyof Kinds]: readonly Static<Kinds[Name]['config']>[] }

/** A discovery as a job wants it. */
export interface PlannedDiscovery {
  readonly discovery: Discovery
  /** Equal for equal options: the one that runs can go on. */
  readonly fingerprint: string
}

/**
 * The discoveries of a job. They do nothing until they are started.
 *
 * @throws {ConfigError} with the path of an option that makes no sense
 */
export function planDiscoveries(
  options: DiscoveryOptions,
  surroundings: ClientSurroundings,
): PlannedDiscovery[] {
  return Object.entries<DiscoveryKind<TSchema>>(kinds).flatMap(([name, kind]) =>
    options[name as keyof Kinds].map((each, index) => ({
      discovery: located([name, index], () => kind.make(each, surroundings)),
      fingerprint: fingerprintOf([name, each]),
    })),
  )
}
