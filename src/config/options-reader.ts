import type { ConfigError, Path } from './config-error.ts'
import { childAt, dataOf, placeOf, type ConfigNode } from './config-node.ts'
import { convertData } from './conversion.ts'
import type { Findings } from './finding.ts'
import type { HiddenPlaces } from './frame.ts'
import { checkData, type SchemaError } from './schema-check.ts'
import { alternativesOf, type SchemaView } from './schema-view.ts'
import { schemaMeant, wordingOf } from './schema-words.ts'
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
    if (isFoundAlready(error, written)) continue
    const target = nodeAt(node, error.path)
    const { message, key, at } = wordingOf(error, target)
    const full = key === undefined ? error.path : [...error.path, key]
    if (key !== undefined) hideMisspelt(childAt(target, key)?.value, schemaMeant(error.schema, key), hidden)
    findings.error(message, placeOf(node, full, at), [...path, ...numbered(full, node)])
  }
  const ok = errors.length === 0
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

/** Whether the value is missing only because its reference could not be resolved. */
function isFoundAlready({ keyword, params, path }: SchemaError, written: ConfigNode): boolean {
  const full = keyword === 'required' ? [...path, String(params['missingProperty'])] : path
  const node = nodeAt(written, full)
  return node?.kind === 'scalar' && node.broken === true
}

/** A misspelt key of a secret is no reason to show the secret. */
function hideMisspelt(
  value: ConfigNode | undefined,
  meant: SchemaView | undefined,
  hidden: HiddenPlaces,
): void {
  if (value === undefined || meant === undefined) return
  if (alternativesOf([meant]).some(({ weir }) => weir === 'secret')) hidden.add(value.place)
}
