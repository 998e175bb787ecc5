import { formatComponentId, parseComponentId } from './component-id.ts'
import type { ReadComponents } from './components.ts'
import type { Path } from './config-error.ts'
import { placeOf, type ConfigNode } from './config-node.ts'
import type { PipelineConfig } from './configuration.ts'
import type { Findings } from './finding.ts'
import { sections, type KnownComponents, type Section } from './known-components.ts'
import { knownNames } from './nearest-name.ts'
import type { ServiceConfig } from './service-options.ts'

const lists = ['receivers', 'processors', 'exporters'] as const

/** What checking references needs and tells. */
export interface ReferencesContext {
  readonly components: ReadComponents
  readonly known: KnownComponents
  readonly findings: Findings
  /** The section `service`, with its places. */
  readonly node: ConfigNode
}

/** What the service refers to, by today's ids. */
export interface References {
  readonly pipelines: ReadonlyMap<string, PipelineConfig>
  readonly extensions: readonly string[]
}

/** Resolves the ids that `service` names; what is not defined, is named twice or is missing is found. */
export function resolveReferences(service: ServiceConfig, context: ReferencesContext): References {
  const { findings, node } = context
  const pipelines = new Map<string, PipelineConfig>()
  for (const [text, pipeline] of Object.entries(service.pipelines)) {
    const path = ['pipelines', text]
    const id = pipelineId(text)
    if (typeof id === 'string') {
      findings.error(id, placeOf(node, path, 'key'), ['service', ...path])
      continue
    }
    const resolved = lists.map((list) => resolveIds(list, pipeline[list], [...path, list], context))
    const [receivers = [], processors = [], exporters = []] = resolved
    for (const list of ['receivers', 'exporters'] as const) {
      if (pipeline[list].length > 0) continue
      const message = `the pipeline has no ${list}: it needs at least one`
      findings.error(message, placeOf(node, [...path, list], 'key'), ['service', ...path])
    }
    pipelines.set(id.id, { id: id.id, receivers, processors, exporters })
  }
  if (Object.keys(service.pipelines).length === 0) {
    const message = 'there is no pipeline: expected metrics: { receivers: [...], exporters: [...] }'
    findings.error(message, placeOf(node, ['pipelines'], 'key'), ['service', 'pipelines'])
  }
  const extensions = resolveIds('extensions', service.extensions, ['extensions'], context)
  const references = { pipelines, extensions }
  warnUnused(references, context)
  return references
}

function pipelineId(text: string): { readonly id: string } | string {
  const parsed = parseComponentId(text)
  if (typeof parsed === 'string') return parsed.replaceAll('type', 'metrics')
  const { type } = parsed
  if (type === 'metrics') return { id: formatComponentId(parsed) }
  if (/^(?:traces|logs|profiles)$/.test(type)) {
    return `Weir carries metrics, not ${type}: leave this pipeline to a Collector, and remove it here`
  }
  return `a pipeline is called metrics or metrics/name${knownNames(type, ['metrics']).replace(/^: known.*/, '')}`
}

/** The ids of a list by today's type names; those that are not defined are left out. */
function resolveIds(
  section: Section,
  ids: readonly string[],
  path: Path,
  context: ReferencesContext,
): string[] {
  const { findings, node } = context
  const resolved: string[] = []
  for (const [index, text] of ids.entries()) {
    const here = [...path, index]
    const place = placeOf(node, here, 'value')
    const id = todaysId(section, text, context.known)
    if (context.components.get(section)?.has(id) !== true) {
      findings.error(undefinedText(section, text, context), place, ['service', ...here])
    } else if (resolved.includes(id)) {
      const message = `${text} is in this list twice`
      if (section === 'processors') findings.error(message, place, ['service', ...here])
      else findings.warning(`${message}; the second has no effect`, place, ['service', ...here])
    } else resolved.push(id)
  }
  return resolved
}

function todaysId(section: Section, text: string, known: KnownComponents): string {
  const parsed = parseComponentId(text)
  const kind = sections.find((each) => each.section === section)?.kind
  if (typeof parsed === 'string' || kind === undefined) return text
  return formatComponentId({ ...parsed, type: known.find(kind, parsed.type)?.type ?? parsed.type })
}

function undefinedText(section: Section, text: string, { components, known }: ReferencesContext): string {
  const kind = sections.find((each) => each.section === section)?.kind ?? section
  const what = `there is no ${kind} ${JSON.stringify(text)}`
  for (const other of sections) {
    if (
      other.section !== section &&
      components.get(other.section)?.has(todaysId(other.section, text, known)) === true
    ) {
      return `${what}; there is one under ${other.section}`
    }
  }
  const defined = [...(components.get(section)?.keys() ?? [])]
  if (defined.length === 0) return `${what}: none is defined under ${section}`
  return `${what}${knownNames(text, defined).replace('known here', 'defined')}`
}

function warnUnused(
  { pipelines, extensions }: References,
  { components, findings }: ReferencesContext,
): void {
  const used = new Map<Section, Set<string>>([['extensions', new Set(extensions)]])
  for (const list of lists)
    used.set(list, new Set([...pipelines.values()].flatMap((pipeline) => pipeline[list])))
  for (const [section, defined] of components) {
    for (const { id, key, path } of defined.values()) {
      if (used.get(section)?.has(id) === true) continue
      const where = section === 'extensions' ? 'service.extensions lists it not' : 'no pipeline uses it'
      findings.warning(`${where}: it does nothing`, key, path)
    }
  }
}
