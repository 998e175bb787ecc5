import type { Path } from './config-error.ts'
import {
  emptyMap,
  isNull,
  type ConfigNode,
  type Entry,
  type MapNode,
  type ScalarNode,
} from './config-node.ts'
import type { Findings } from './finding.ts'
import type { HiddenPlaces } from './frame.ts'
import {
  alternativesOf,
  holdsSecrets,
  schemasOfItem,
  schemasOfKey,
  takes,
  type SchemaView,
} from './schema-view.ts'

/** What shaping tells of and to. */
export interface ShapeContext {
  readonly findings: Findings
  readonly hidden: HiddenPlaces
}

/**
 * Brings what was written into the form that a schema validates, where the Collector would: a value without quotes is text
 * where only text is expected, nothing is a mapping without entries or a left out option, `a,b` is a list of texts. Old
 * names of options become today's. Hides the places of secrets. What is wrong is left for the validator.
 *
 * Unions are not decided here: all their alternatives count.
 */
export function shapeOptions(
  node: ConfigNode,
  schema: SchemaView,
  path: Path,
  context: ShapeContext,
): ShapedOptions {
  const shaper = new Shaper(context, path.length)
  return { node: shaper.shape(node, [schema], path) ?? emptyMap(node.place), secrets: shaper.secrets }
}

/** Options in the form of their schema. */
export interface ShapedOptions {
  readonly node: ConfigNode
  /** Where there may be secrets, from the options. */
  readonly secrets: readonly Path[]
}

class Shaper {
  readonly secrets: Path[] = []
  readonly #context: ShapeContext
  /** Steps to the options. */
  readonly #outer: number

  constructor(context: ShapeContext, outer: number) {
    this.#context = context
    this.#outer = outer
  }

  /** Undefined where the option is as good as left out. */
  shape(node: ConfigNode, schemas: readonly SchemaView[], path: Path): ConfigNode | undefined {
    const alternatives = alternativesOf(schemas)
    // A mapping of secrets that was written as one text, or as a list, is a secret as well.
    const isOther = node.kind === 'scalar' || !takes(alternatives, node.kind === 'map' ? 'object' : 'array')
    if (alternatives.some((each) => each.weir === 'secret' || (isOther && holdsSecrets(each)))) {
      this.secrets.push(path.slice(this.#outer))
      this.#context.hidden.add(node.place)
    }
    if (node.kind === 'scalar') return shapeScalar(node, alternatives)
    if (node.kind === 'map') return this.#map(node, alternatives, path)
    const items = node.items.map(
      (item, index) => this.shape(item, schemasOfItem(alternatives, index), [...path, index]) ?? item,
    )
    return { ...node, items }
  }

  #map(node: MapNode, alternatives: readonly SchemaView[], path: Path): MapNode {
    const entries = new Map<string, Entry>()
    for (const [key, entry] of node.entries) {
      const here = [...path, key]
      const name = this.#todaysName(key, entry, node, alternatives, here)
      if (name === undefined) continue
      const schemas = schemasOfKey(alternatives, name)
      this.#warnOfUse(schemas, entry, here)
      const value = this.shape(entry.value, schemas, here)
      if (value !== undefined) entries.set(name, { key: entry.key, value })
    }
    return { ...node, entries }
  }

  /** Undefined where the option is given by today's name as well. */
  #todaysName(
    key: string,
    entry: Entry,
    node: MapNode,
    alternatives: readonly SchemaView[],
    path: Path,
  ): string | undefined {
    const aliases = alternatives.find(({ aliases = {} }) => Object.hasOwn(aliases, key))?.aliases
    const name = aliases?.[key]
    if (name === undefined || schemasOfKey(alternatives, key).length > 0) return key
    const { findings } = this.#context
    if (node.entries.has(name)) {
      findings.error(`this is the old name of ${name}, which is here too: remove one`, entry.key, path)
      return undefined
    }
    findings.warning(`this is the old name of ${name}: rename it`, entry.key, path)
    return name
  }

  #warnOfUse(schemas: readonly SchemaView[], { key }: Entry, path: Path): void {
    const { findings } = this.#context
    for (const { withoutEffect, deprecated, description = '' } of schemas) {
      if (withoutEffect !== undefined) findings.warning(`this has no effect: ${withoutEffect}`, key, path)
      else if (deprecated === true) findings.warning(`this is deprecated. ${description}`.trim(), key, path)
    }
  }
}

function shapeScalar(node: ScalarNode, alternatives: readonly SchemaView[]): ConfigNode | undefined {
  if (isNull(node)) return shapeNull(node, alternatives)
  const asText: ScalarNode = { ...node, value: node.text }
  if (typeof node.value === 'number' || typeof node.value === 'boolean') {
    const type = typeof node.value
    const fits = takes(alternatives, type) || (type === 'number' && takes(alternatives, 'integer'))
    return !fits && takes(alternatives, 'string') ? asText : node
  }
  if (alternatives.some(({ anyCase }) => anyCase === true)) return { ...node, value: node.text.toLowerCase() }
  const isList = takes(alternatives, 'array') && !takes(alternatives, 'string')
  if (!isList || !takes(alternativesOf(schemasOfItem(alternatives, 0)), 'string')) return node
  const items = node.text.split(',').map((text): ScalarNode => ({ ...node, value: text, text }))
  return { kind: 'list', items: node.text === '' ? [] : items, place: node.place }
}

/** Nothing: as in the Collector, an option without a value has its default, and a mapping without a value is empty. */
function shapeNull(node: ScalarNode, alternatives: readonly SchemaView[]): ConfigNode | undefined {
  if (alternatives.length === 0 || takes(alternatives, 'null')) return node
  if (node.broken === true) return undefined
  // A variable that is set to nothing, or to the word null, is text where text is expected.
  if (node.place.origin !== undefined && takes(alternatives, 'string')) return { ...node, value: node.text }
  return takes(alternatives, 'object') ? emptyMap(node.place) : undefined
}
