import type { ComponentDefinition, ComponentKind } from '#src/component/define.ts'
import { aliases, registry } from '#src/component/registry.ts'

/** The kinds of component, and the sections of the file that list them, in the order of the data's way. */
export const sections = [
  { section: 'receivers', kind: 'receiver' },
  { section: 'processors', kind: 'processor' },
  { section: 'exporters', kind: 'exporter' },
  { section: 'extensions', kind: 'extension' },
] as const satisfies readonly { readonly section: string; readonly kind: ComponentKind }[]

export type Section = (typeof sections)[number]['section']

/** What a type name of a file leads to. */
export interface KnownType {
  /** Today's name. */
  readonly type: string
  /** Whether the file used a name that was given up. */
  readonly deprecated: boolean
}

/** The components that a configuration may use: those that Weir brings along, and those of plugins. */
export class KnownComponents {
  readonly #plugins: readonly ComponentDefinition[]
  readonly #aliases: typeof aliases

  constructor(plugins: readonly ComponentDefinition[], oldNames: typeof aliases = aliases) {
    this.#plugins = plugins
    this.#aliases = oldNames
  }

  /** Today's names of a kind, sorted. */
  types(kind: ComponentKind): string[] {
    const own = Object.keys(registry[kind])
    const added = this.#plugins.filter((plugin) => plugin.kind === kind).map(({ type }) => type)
    return [...own, ...added].toSorted()
  }

  find(kind: ComponentKind, type: string): KnownType | undefined {
    const names = this.#aliases[kind]
    const today = Object.hasOwn(names, type) ? names[type] : undefined
    if (today !== undefined) return { type: today, deprecated: true }
    return this.types(kind).includes(type) ? { type, deprecated: false } : undefined
  }

  /** Loads the definition of a type that `find` gave. */
  async load(kind: ComponentKind, type: string): Promise<ComponentDefinition> {
    const plugin = this.#plugins.find((each) => each.kind === kind && each.type === type)
    if (plugin !== undefined) return plugin
    const load = registry[kind][type]
    if (load === undefined) throw new Error(`there is no ${kind} ${type}`)
    return (await load()).default
  }
}
