import type { ComponentDefinition, ComponentKind } from '#src/component/define.ts'
import { formatComponentId, parseComponentId } from './component-id.ts'
import { ConfigError, type Path } from './config-error.ts'
import type { Entry, MapNode } from './config-node.ts'
import type { ComponentConfig } from './configuration.ts'
import type { Findings } from './finding.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { HiddenPlaces } from './frame.ts'
import { sections, type KnownComponents, type Section } from './known-components.ts'
import { knownNames, nearestName } from './nearest-name.ts'
import { findMistakes, readOptions, type ReadOptions } from './options-reader.ts'
import { viewOf } from './schema-view.ts'

/** A component as read. */
export interface ReadComponent {
  readonly id: string
  readonly key: Entry['key']
  readonly path: Path
  /** Undefined where the type is not known, or the component cannot be loaded. */
  readonly read: ReadOptions | undefined
  /** The id that was most likely meant, where the type is not known. */
  readonly meant?: string | undefined
  /** Undefined where something is wrong with it. */
  readonly config: ComponentConfig | undefined
}

/** The components of each section, by id. */
export type ReadComponents = ReadonlyMap<Section, ReadonlyMap<string, ReadComponent>>

/** What reading components needs and tells. */
export interface ComponentsContext {
  readonly known: KnownComponents
  readonly findings: Findings
  readonly hidden: HiddenPlaces
}

/** Reads all sections that list components; what is wrong is found, with its place. */
export async function readComponents(root: MapNode, context: ComponentsContext): Promise<ReadComponents> {
  const read = new Map<Section, ReadonlyMap<string, ReadComponent>>()
  for (const { section, kind } of sections) {
    const components = new Map<string, ReadComponent>()
    read.set(section, components)
    const node = root.entries.get(section)?.value
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) continue
    if (node.kind !== 'map') {
      context.findings.error(`expected a mapping of ${section} by type or type/name`, node.place, [section])
      continue
    }
    for (const [text, entry] of node.entries) {
      const component = await readComponent(kind, text, entry, [section, text], context)
      if (component === undefined) continue
      const before = components.get(component.id)
      if (before === undefined) components.set(component.id, component)
      else {
        const { line } = before.key.source.position(before.key.start)
        const message = `this is ${component.id} once more, by another name; the first is in line ${line}`
        context.findings.error(message, entry.key, component.path)
      }
    }
  }
  return read
}

async function readComponent(
  kind: ComponentKind,
  text: string,
  { key, value }: Entry,
  path: Path,
  context: ComponentsContext,
): Promise<ReadComponent | undefined> {
  const { findings, known } = context
  const parsed = parseComponentId(text)
  if (typeof parsed === 'string') {
    findings.error(parsed, key, path)
    return undefined
  }
  const found = known.find(kind, parsed.type)
  if (found === undefined) {
    findings.error(unknownType(kind, parsed.type, known), key, path)
    const type = nearestName(parsed.type, known.types(kind))
    const meant = type && formatComponentId({ ...parsed, type })
    return { id: formatComponentId(parsed), key, path, read: undefined, meant, config: undefined }
  }
  const { type, deprecated } = found
  if (deprecated) findings.warning(`${parsed.type} is the old name of ${type}: rename it`, key, path)
  const id = formatComponentId({ type, name: parsed.name })
  let definition: ComponentDefinition
  let read: ReadOptions
  try {
    definition = await known.load(kind, type)
    read = readOptions(
      { ...value, place: value.kind === 'scalar' ? value.place : key },
      viewOf(definition.config),
      path,
      context,
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    findings.error(`the component cannot be used: ${reason}`, key, path)
    return { id, key, path, read: undefined, config: undefined }
  }
  if (!read.ok || !isValid(definition, read, path, findings))
    return { id, key, path, read, config: undefined }
  const fingerprint = fingerprintOf([type, read.data])
  return { id, key, path, read, config: { id, definition, options: read.options, path, fingerprint } }
}

function isValid(
  definition: ComponentDefinition,
  { node, options }: ReadOptions,
  path: Path,
  findings: Findings,
): boolean {
  try {
    definition.validate?.(options)
    return true
  } catch (error) {
    const mistake =
      error instanceof ConfigError ? error : new ConfigError(`cannot be checked: ${String(error)}`)
    findMistakes(mistake, node, path, findings)
    return false
  }
}

function unknownType(kind: ComponentKind, type: string, known: KnownComponents): string {
  const elsewhere = sections.find((each) => each.kind !== kind && known.find(each.kind, type) !== undefined)
  const types = known.types(kind)
  if (elsewhere !== undefined) {
    return `there is no ${kind} of the type ${type}; there is ${article(elsewhere.kind)}: move it to ${elsewhere.section}`
  }
  return `there is no ${kind} of the type ${type}${knownNames(type, types, 'known')}`
}

function article(kind: ComponentKind): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`
}
