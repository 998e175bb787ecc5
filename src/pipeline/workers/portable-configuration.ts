import type { ComponentKind } from '#src/component/define.ts'
import type { Path } from '#src/config/config-error.ts'
import type { ComponentConfig, Configuration } from '#src/config/configuration.ts'
import { copyOf } from '#src/config/data-copy.ts'
import { KnownComponents, sections } from '#src/config/known-components.ts'
import { importPlugins } from '#src/config/plugins.ts'
import { Secret } from '#src/config/secret.ts'

/** A component as it can be posted to another thread. */
interface PortableComponent {
  readonly kind: ComponentKind
  readonly type: string
  readonly id: string
  readonly path: Path
  readonly fingerprint: string
  /** Plain data; where a secret stands is null. */
  readonly options: unknown
  readonly secrets: readonly (readonly [path: Path, text: string])[]
}

/** A configuration as it can be posted to another thread. It has the secrets in clear: it is never logged. */
export interface PortableConfiguration {
  readonly rest: Omit<Configuration, 'receivers' | 'processors' | 'exporters' | 'extensions'>
  readonly components: readonly PortableComponent[]
}

/**
 * Makes a configuration portable: the components that its pipelines use. What was read once is posted, since files and
 * variables may say something else by the time that a worker starts.
 */
export function pack(configuration: Configuration): PortableConfiguration {
  const { receivers, processors, exporters, extensions: _, ...rest } = configuration
  const used = new Set(
    [...rest.pipelines.values()].flatMap((each) => [
      ...each.receivers.map((id) => `receiver ${id}`),
      ...each.processors.map((id) => `processor ${id}`),
      ...each.exporters.map((id) => `exporter ${id}`),
    ]),
  )
  const { logs } = rest.telemetry
  return {
    // Headers of own telemetry are secrets, and only the main thread has any.
    rest: { ...rest, telemetry: { logs, metrics: { level: 'none', readers: [] }, resource: {} } },
    components: [...receivers.values(), ...processors.values(), ...exporters.values()]
      .filter(({ id, definition }) => used.has(`${definition.kind} ${id}`))
      .map(packComponent),
  }
}

/** Makes it what it was, with the definitions of this thread. */
export async function unpack({ rest, components }: PortableConfiguration): Promise<Configuration> {
  const known = new KnownComponents(await importPlugins(rest.plugins))
  const maps = new Map(sections.map(({ kind }) => [kind, new Map<string, ComponentConfig>()]))
  for (const { kind, type, options, secrets, ...config } of components) {
    const copy = copyOf(options)
    for (const [path, text] of secrets) put(copy, path, new Secret(text))
    const definition = await known.load(kind, type)
    maps.get(kind)?.set(config.id, { ...config, definition, options: copy })
  }
  return {
    ...rest,
    receivers: maps.get('receiver') as Configuration['receivers'],
    processors: maps.get('processor') as Configuration['processors'],
    exporters: maps.get('exporter') as Configuration['exporters'],
    extensions: maps.get('extension') as Configuration['extensions'],
  }
}

function packComponent({ definition, id, path, fingerprint, options }: ComponentConfig): PortableComponent {
  const secrets: [Path, string][] = []
  const plain = withoutSecrets(options, [], secrets)
  return { kind: definition.kind, type: definition.type, id, path, fingerprint, options: plain, secrets }
}

/** A copy of options with null for each secret, which is put into the list. */
function withoutSecrets(data: unknown, path: Path, secrets: [Path, string][]): unknown {
  if (typeof data !== 'object' || data === null) return data
  if (data instanceof Secret) {
    secrets.push([path, data.reveal()])
    return null
  }
  if (Array.isArray(data))
    return data.map((item, index): unknown => withoutSecrets(item, [...path, index], secrets))
  const copy = Object.create(null) as Record<string, unknown>
  for (const [key, value] of Object.entries(data)) copy[key] = withoutSecrets(value, [...path, key], secrets)
  return copy
}

/** Puts a value where a path leads in plain data. */
function put(data: unknown, path: Path, value: unknown): void {
  let parent = data as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>
  const last = path.at(-1)
  if (last !== undefined) parent[last] = value
}
