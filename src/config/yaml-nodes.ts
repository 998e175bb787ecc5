import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  type Alias,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import {
  isNull,
  type ConfigNode,
  type Entry,
  type ListNode,
  type MapNode,
  type ScalarNode,
} from './config-node.ts'
import type { Place } from './source-text.ts'
import { maxDepth, type YamlProblem } from './yaml-syntax.ts'

/** Uses of anchors in one text, merge keys included. */
export const maxAliases = 100
/** Values that the anchors used in one text stand for, counted at each use. */
const maxAliasedValues = 20_000

const coreTags = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/
const octal = /^([-+]?)0([0-7]+)$/

type Range = readonly [number, number]

/** What a tree amounts to, each use of an anchor counted. */
interface Extent {
  readonly values: number
  readonly depth: number
}

/** Makes nodes with places of what the YAML parser made, and refuses what a configuration cannot hold. */
export class NodeMaker {
  readonly problems: YamlProblem[] = []
  readonly #text: string
  readonly #placeAt: (start: number, end: number) => Place
  readonly #anchors = new Map<string, ConfigNode>()
  readonly #extents = new Map<ConfigNode, Extent>()
  #aliases = 0
  #aliasedValues = 0

  constructor(text: string, placeAt: (start: number, end: number) => Place) {
    this.#text = text
    this.#placeAt = placeAt
  }

  make(node: Node | null | undefined, fallback: Range, depth = 0): ConfigNode {
    const range = rangeOf(node, fallback)
    if (isAlias(node)) return this.#alias(node, range, depth)
    if (node?.tag !== undefined && !coreTags.test(node.tag)) {
      const tag = node.tag.replace(/^tag:yaml\.org,2002:/, '!!')
      this.#problem(`the tag ${JSON.stringify(tag)} is not known: remove it`, range)
    }
    const made = this.#makeOwn(node, range, depth)
    const anchor = node !== null && node !== undefined && 'anchor' in node ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, made)
    return made
  }

  #makeOwn(node: Node | null | undefined, range: Range, depth: number): ConfigNode {
    if (isMap(node)) return this.#map(node, range, depth + 1)
    if (isSeq(node)) return this.#list(node, range, depth + 1)
    if (isScalar(node)) return this.#scalar(node, range)
    return { kind: 'scalar', value: null, text: '', quoted: false, place: this.#placeAt(...range) }
  }

  #scalar(node: Scalar, range: Range): ScalarNode {
    const place = this.#placeAt(...range)
    const { value } = node
    const quoted = node.type !== undefined && node.type !== Scalar.PLAIN
    if (typeof value === 'string') return { kind: 'scalar', value, text: value, quoted, place }
    const text = node.source ?? this.#text.slice(...range)
    if (typeof value === 'number') {
      // As in YAML 1.1, which the Collector reads here.
      const [, sign, digits] = octal.exec(text) ?? []
      const number = digits === undefined ? value : Number.parseInt(`${sign}${digits}`, 8)
      return { kind: 'scalar', value: number, text, quoted, place }
    }
    return { kind: 'scalar', value: typeof value === 'boolean' ? value : null, text, quoted, place }
  }

  #list(node: YAMLSeq, range: Range, depth: number): ListNode {
    const items = node.items.map((item) => this.make(item as Node | null, range, depth))
    return { kind: 'list', items, place: this.#placeAt(...range) }
  }

  #map(node: YAMLMap, range: Range, depth: number): MapNode {
    const entries = new Map<string, Entry>()
    const merged: [source: ConfigNode, range: Range][] = []
    for (const { key, value } of node.items as { key: Node | null; value: Node | null }[]) {
      const keyRange = rangeOf(key, range)
      if (!isScalar(key)) {
        this.#problem(isAlias(key) ? 'an alias cannot be a key' : 'a key must be a text', keyRange)
        continue
      }
      const made = this.make(value, keyRange, depth)
      const name = typeof key.value === 'string' ? key.value : (key.source ?? this.#text.slice(...keyRange))
      if (name === '<<' && key.type === Scalar.PLAIN) {
        merged.push([made, keyRange])
        continue
      }
      const before = entries.get(name)
      if (before !== undefined) {
        const { source, start } = before.key
        const { line } = source.position(start)
        this.#problem(`the key ${JSON.stringify(name)} is here twice; the first is in line ${line}`, keyRange)
        continue
      }
      entries.set(name, { key: this.#placeAt(...keyRange), value: made })
    }
    for (const [source, keyRange] of merged) this.#merge(entries, source, keyRange)
    return { kind: 'map', entries, place: this.#placeAt(...range) }
  }

  /** Adds what `<<` names; keys of the mapping itself win, then those of earlier sources. */
  #merge(entries: Map<string, Entry>, source: ConfigNode, range: Range): void {
    for (const each of source.kind === 'list' ? source.items : [source]) {
      if (isNull(each)) continue
      if (each.kind !== 'map') {
        this.#problem('<< takes a mapping, an alias of one, or a list of those', range)
        continue
      }
      for (const [name, entry] of each.entries) if (!entries.has(name)) entries.set(name, entry)
    }
  }

  #alias(node: Alias, range: Range, depth: number): ConfigNode {
    const nothing = this.#makeOwn(null, range, depth)
    const target = this.#anchors.get(node.source)
    if (target === undefined) {
      this.#problem(`there is no anchor &${node.source} before this`, range)
      return nothing
    }
    const extent = this.#extentOf(target)
    this.#aliases++
    this.#aliasedValues += extent.values
    const tooMuch = this.#aliases > maxAliases || this.#aliasedValues > maxAliasedValues
    if (!tooMuch && depth + extent.depth <= maxDepth) return target
    const message = tooMuch
      ? `the aliases of this file stand for too much: ${maxAliases} uses and ${maxAliasedValues} values are allowed`
      : `nested more than ${maxDepth} deep`
    // One such problem says it all.
    if (!this.problems.some(({ limit }) => limit === true)) {
      this.problems.push({ message, start: range[0], end: range[1], limit: true })
    }
    return nothing
  }

  #extentOf(node: ConfigNode): Extent {
    const known = this.#extents.get(node)
    if (known !== undefined) return known
    let values = 1
    let depth = 0
    const inner =
      node.kind === 'map'
        ? [...node.entries.values()].map(({ value }) => value)
        : node.kind === 'list'
          ? node.items
          : []
    for (const each of inner) {
      const extent = this.#extentOf(each)
      values += extent.values
      depth = Math.max(depth, extent.depth)
    }
    const extent = { values, depth: node.kind === 'scalar' ? 0 : depth + 1 }
    this.#extents.set(node, extent)
    return extent
  }

  #problem(message: string, [start, end]: Range): void {
    this.problems.push({ message, start, end: Math.max(end, start + 1) })
  }
}

function rangeOf(node: Node | null | undefined, fallback: Range): Range {
  const [start, end] = node?.range ?? fallback
  return [start, end]
}
