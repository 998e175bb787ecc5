import type { ConfigError, Path } from './config-error.ts'
import { childAt, dataOf, placeOf, type ConfigNode } from './config-node.ts'
import { convertData } from './conversion.ts'
import type { Findings } from './finding.ts'
import type { HiddenPlaces } from './frame.ts'
import { checkData, type SchemaError } from './schema-check.ts'
import { holdsSecrets, type SchemaView } from './schema-view.ts'
import { described, missingKeyOf, schemaMeant, unknownKeyOf, wordsFor } from './schema-words.ts'
import { shapeOptions } from './shape.ts'

/** Options as read: for components, for printing, and for finding places again. */
export interface ReadOptions {
  /** What was written, in the form of the schema, with its places. */
  readonly node: ConfigNode
  /** With defaults, as written: durations and secrets are texts. */
  readonly data: unknown
  /** Where there may be secrets. */
  readonly secrets: readonly Path[]
  /** With durations in milliseconds and secrets as `Secret`; undefined where the options do not hold to the schema. */
  readonly options: unknown
  readonly ok: boolean
}

/** Shapes, checks and converts options; what is wrong with them is found, with its place. */
export function readOptions(
  written: ConfigNode,
  schema: SchemaView,
  path: Path,
  context: { readonly findings: Findings; readonly hidden: HiddenPlaces },
): ReadOptions {
  const { findings, hidden } = context
  const { node, secrets } = shapeOptions(written, schema, path, context)
  const { data, errors, conversions } = checkData(schema, dataOf(node))
  for (const error of errors) {
    const { words, full, at, tree = node } = aboutError(error, written, node, hidden)
    if (isBroken(nodeAt(written, full))) continue
    findings.error(words, placeOf(tree, full, at), [...path, ...numbered(full, tree)])
  }
  // What is missing because it could not be resolved would be missed again.
  const ok = errors.length === 0 && !holdsBroken(written)
  return { node, data, secrets, options: ok ? convertData(data, conversions) : undefined, ok }
}

/** Notes the mistakes that an error carries, each with its place. */
export function findMistakes(error: ConfigError, node: ConfigNode, path: Path, findings: Findings): void {
  for (const each of [error, ...error.others]) {
    findings.error(each.message, placeOf(node, each.path, 'value'), [...path, ...each.path])
  }
}

function nodeAt(node: ConfigNode, path: Path): ConfigNode | undefined {
  let found: ConfigNode | undefined = node
  for (const step of path) found = childAt(found, step)?.value
  return found
}

/** The steps into lists as numbers. */
function numbered(path: Path, root: ConfigNode): Path {
  let node: ConfigNode | undefined = root
  return path.map((step) => {
    const isIndex = node?.kind === 'list'
    node = childAt(node, step)?.value
    return isIndex ? Number(step) : step
  })
}

interface ErrorView {
  readonly words: () => string
  /** What it is about, from the options. */
  readonly full: Path
  readonly at: 'key' | 'value'
  /** Where the place is looked up, if not in the shaped options. */
  readonly tree?: ConfigNode
}

function aboutError(
  error: SchemaError,
  written: ConfigNode,
  node: ConfigNode,
  hidden: HiddenPlaces,
): ErrorView {
  const target = nodeAt(node, error.path)
  const words = (): string => wordsFor(error, target)
  const unknown = unknownKeyOf(error)
  if (unknown !== undefined) {
    hideMisspelt(childAt(target, unknown)?.value, schemaMeant(error.schema, unknown), hidden)
    return { words, full: [...error.path, unknown], at: 'key' }
  }
  const missing = missingKeyOf(error)
  if (missing === undefined) return { words, full: error.path, at: 'value' }
  // A key without a value was left out when the options were shaped.
  const full = [...error.path, missing]
  if (nodeAt(written, full) === undefined) return { words, full: error.path, at: 'key' }
  return {
    words: () => `has no value${described(error.schema.properties?.[missing])}`,
    full,
    at: 'key',
    tree: written,
  }
}

function holdsBroken(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.some(holdsBroken)
  if (node.kind === 'map') return node.entries.values().some(({ value }) => holdsBroken(value))
  return isBroken(node)
}

/** Whether something is wrong only because a reference could not be resolved. */
function isBroken(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.broken === true
}

/** A misspelt key of a secret is no reason to show the secret. */
function hideMisspelt(
  value: ConfigNode | undefined,
  meant: SchemaView | undefined,
  hidden: HiddenPlaces,
): void {
  if (value === undefined || meant === undefined) return
  if (holdsSecrets(meant)) hidden.add(value.place)
}
