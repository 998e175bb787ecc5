import type { ComponentKind } from '#src/component/define.ts'
import { formatComponentId, parseComponentId } from './component-id.ts'
import type { ReadComponents } from './components.ts'
import type { Path } from './config-error.ts'
import { placeOf, type ConfigNode } from './config-node.ts'
import type { PipelineConfig } from './configuration.ts'
import type { Findings } from './finding.ts'
import { sections, type KnownComponents, type Section } from './known-components.ts'
import { knownNames, nearestName } from './nearest-name.ts'
import type { Place } from './source-text.ts'
import type { ServiceConfig } from './service-options.ts'

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
  const resolver = new Resolver(context)
  const pipelines = new Map<string, PipelineConfig>()
  for (const [text, pipeline] of Object.entries(service.pipelines)) {
    const resolved = resolver.pipeline(text, pipeline)
    if (resolved !== undefined) pipelines.set(resolved.id, resolved)
  }
  if (Object.keys(service.pipelines).length === 0) {
    resolver.error('there is no pipeline: expected metrics: { receivers: [...], exporters: [...] }', [
      'pipelines',
    ])
  }
  const extensions = resolver.ids('extensions', service.extensions, ['extensions'])
  resolver.warnUnused()
  return { pipelines, extensions }
}

class Resolver {
  readonly #context: ReferencesContext
  /** Ids that something names, or was meant to name. */
  readonly #used = new Map<Section, Set<string>>(sections.map(({ section }) => [section, new Set()]))
  /** Ids that would be defined if their type were not misspelt: that is found already. */
  readonly #meant = new Map<Section, Set<string>>()

  constructor(context: ReferencesContext) {
    this.#context = context
    for (const [section, components] of context.components) {
      this.#meant.set(section, new Set([...components.values()].flatMap(({ meant }) => meant ?? [])))
    }
  }

  pipeline(text: string, config: ServiceConfig['pipelines'][string]): PipelineConfig | undefined {
    const path = ['pipelines', text]
    const parsed = parseComponentId(text)
    const mistake =
      typeof parsed === 'string' ? 'a pipeline is called metrics or metrics/name' : signalMistake(parsed.type)
    if (typeof parsed === 'string' || mistake !== undefined) {
      this.error(mistake ?? '', path)
      return undefined
    }
    for (const list of ['receivers', 'exporters'] as const) {
      if (config[list].length === 0)
        this.error(`the pipeline has no ${list}: it needs at least one`, [...path, list])
    }
    return {
      id: formatComponentId(parsed),
      receivers: this.ids('receivers', config.receivers, [...path, 'receivers']),
      processors: this.ids('processors', config.processors, [...path, 'processors']),
      exporters: this.ids('exporters', config.exporters, [...path, 'exporters']),
    }
  }

  /** The ids of a list by today's type names; those that are not defined are left out. */
  ids(section: Section, texts: readonly string[], path: Path): string[] {
    const { components, findings, node } = this.#context
    const resolved = new Set<string>()
    for (const [index, text] of texts.entries()) {
      const here = [...path, index]
      const id = this.#todaysId(section, text)
      if (this.#meant.get(section)?.has(id) === true) continue
      if (components.get(section)?.has(id) !== true) {
        findings.error(() => this.#undefinedText(section, text), placeOf(node, here, 'value'), [
          'service',
          ...here,
        ])
      } else if (resolved.has(id)) {
        // The Collector refuses this for processors only.
        if (section === 'processors') this.error(`${text} is in this list twice`, here)
        else
          findings.warning(
            `${text} is in this list twice: the second has no effect`,
            placeOf(node, here, 'value'),
            ['service', ...here],
          )
      } else resolved.add(id)
    }
    for (const id of resolved) this.#used.get(section)?.add(id)
    return [...resolved]
  }

  warnUnused(): void {
    for (const [section, defined] of this.#context.components) {
      const where = section === 'extensions' ? 'service.extensions does not list it' : 'no pipeline uses it'
      for (const { id, key, path, meant } of defined.values()) {
        if (this.#used.get(section)?.has(id) === true || meant !== undefined) continue
        this.#context.findings.warning(`${where}: it does nothing`, key, path)
      }
    }
  }

  error(message: string, path: Path): void {
    const place: Place | undefined = placeOf(this.#context.node, path, 'value')
    this.#context.findings.error(message, place, ['service', ...path])
  }

  #todaysId(section: Section, text: string): string {
    const parsed = parseComponentId(text)
    if (typeof parsed === 'string') return text
    const type = this.#context.known.find(kindOf(section), parsed.type)?.type ?? parsed.type
    return formatComponentId({ ...parsed, type })
  }

  /** Says what is not defined. What was likely meant instead counts as used: one mistake is told once. */
  #undefinedText(section: Section, text: string): string {
    const { components } = this.#context
    const what = `there is no ${kindOf(section)} ${JSON.stringify(text)}`
    const elsewhere = sections.find(
      (other) =>
        other.section !== section && components.get(other.section)?.has(this.#todaysId(other.section, text)),
    )
    if (elsewhere !== undefined) return `${what}; there is one under ${elsewhere.section}`
    const defined = [...(components.get(section)?.keys() ?? [])]
    if (defined.length === 0) return `${what}: none is defined under ${section}`
    const nearest = nearestName(text, defined)
    if (nearest !== undefined) this.#used.get(section)?.add(nearest)
    return `${what}${knownNames(text, defined, 'defined')}`
  }
}

function kindOf(section: Section): ComponentKind {
  return sections.find((each) => each.section === section)?.kind ?? 'receiver'
}

function signalMistake(signal: string): string | undefined {
  if (signal === 'metrics') return undefined
  if (!/^(?:traces|logs|profiles)$/.test(signal)) return 'a pipeline is called metrics or metrics/name'
  return `Weir carries metrics, not ${signal}: leave this pipeline to a Collector, and remove it here`
}
