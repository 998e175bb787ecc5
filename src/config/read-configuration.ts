import type { ConfigError } from './config-error.ts'
import { emptyMap, type ConfigNode, type MapNode } from './config-node.ts'
import type { ComponentConfig, Configuration } from './configuration.ts'
import { readComponents, type ReadComponents } from './components.ts'
import { Expansion } from './expansion.ts'
import { ReferencedFiles } from './file-reference.ts'
import { Findings, type Finding } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { KnownComponents, sections, type Section } from './known-components.ts'
import { mergeMaps } from './merge.ts'
import { knownNames } from './nearest-name.ts'
import { findMistakes } from './options-reader.ts'
import { loadPlugins } from './plugins.ts'
import { releaseCompiledSchemas } from './schema-check.ts'
import { printConfiguration, type PrintedPart } from './printed-configuration.ts'
import { readService, type ServiceSettings } from './service.ts'
import { readSources } from './sources.ts'

export type { Finding }

/** What the command line says about the configuration. */
export interface ConfigurationInput {
  /** Paths, or texts such as `yaml:...`, in order of `--config`. */
  readonly files: readonly string[]
  /** `a.b.c=value`, in order of `--set`. */
  readonly sets: readonly string[]
  /** An unset variable is an error. */
  readonly strict: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What one file may hold at most; 1 MiB where not given. */
  readonly maxFileBytes?: number
}

/** A configuration as read, and everything that was found on the way. */
export interface ConfigurationReading {
  /** Undefined where there is any error. */
  readonly configuration: Configuration | undefined
  /** By place: files in the order in which they were given. */
  readonly findings: readonly Finding[]
  /** Places a mistake that a factory or a start found: framed like the others. */
  locate(component: ComponentConfig, error: ConfigError): Finding[]
  /** The resolved configuration with defaults filled in; secrets are `[REDACTED]` unless revealed. */
  print(options: { readonly format: 'yaml' | 'json'; readonly reveal: boolean }): string
}

/** The keys of a whole file, in the order in which they are printed. */
const topLevel = ['plugins', ...sections.map(({ section }) => section), 'service']

/**
 * Reads files, merges them, resolves references, and checks everything: all mistakes and warnings in one run. Never
 * rejects, whatever the input is.
 */
export async function readConfiguration(input: ConfigurationInput): Promise<ConfigurationReading> {
  const hidden = new HiddenPlaces()
  const findings = new Findings(hidden)
  if (input.files.length === 0) findings.error('no configuration is named: give --config FILE')
  const sources = readSources(input, findings)
  // What cannot be read is missing everywhere else: first things first.
  const readable = !findings.hasErrors
  const files = new ReferencedFiles(sources.files, input.environment)
  const root = resolvedRoot(sources.documents, input, files, findings)

  const checked = readable && root !== undefined ? await checkRoot(root, findings, hidden) : undefined
  releaseCompiledSchemas()
  const list = findings.list(sources.names)
  return {
    configuration: findings.hasErrors
      ? undefined
      : checked?.configuration([...sources.files, ...files.paths]),
    findings: list,
    locate(component, error) {
      const located = new Findings(hidden)
      const node = checked?.nodeOf(component) ?? root
      if (node !== undefined) findMistakes(error, node, component.path, located)
      return located.list(sources.names)
    },
    print: (options) => (root === undefined ? '' : printConfiguration(root, checked?.parts ?? [], options)),
  }
}

function resolvedRoot(
  documents: readonly MapNode[],
  { strict, environment }: ConfigurationInput,
  files: ReferencedFiles,
  findings: Findings,
): MapNode | undefined {
  const [first, ...others] = documents
  if (first === undefined) return undefined
  let merged = first
  for (const document of others) merged = mergeMaps(merged, document, findings)
  const expanded = new Expansion({ strict, environment, files, findings }).expand(merged)
  return expanded.kind === 'map' ? expanded : emptyMap(expanded.place)
}

interface CheckedRoot {
  readonly parts: readonly PrintedPart[]
  nodeOf(component: ComponentConfig): ConfigNode | undefined
  /** Only where there was no error. */
  configuration(files: readonly string[]): Configuration | undefined
}

async function checkRoot(root: MapNode, findings: Findings, hidden: HiddenPlaces): Promise<CheckedRoot> {
  findUnknownSections(root, findings)
  const plugins = await loadPlugins(root.entries.get('plugins')?.value, findings)
  const known = new KnownComponents(plugins.definitions)
  const components = await readComponents(root, { known, findings, hidden })
  const service = readService(root, { components, known, findings, hidden })
  const all = [...components.values()].flatMap((section) => [...section.values()])
  return {
    parts: [
      ...all.map(({ path, read }) => ({ path, read })),
      ...(service === undefined ? [] : [{ path: ['service'], read: service.read }]),
    ],
    nodeOf: ({ path }) => all.find((each) => each.path.join('\0') === path.join('\0'))?.read?.node,
    configuration: (files) =>
      service?.settings && assemble(components, service.settings, { files, plugins: plugins.urls }),
  }
}

function findUnknownSections(root: MapNode, findings: Findings): void {
  for (const [name, { key }] of root.entries) {
    if (topLevel.includes(name)) continue
    const message =
      name === 'connectors'
        ? 'Weir has no connectors: let one pipeline list the exporters of both'
        : `unknown key${knownNames(name, topLevel, 'known here')}`
    findings.error(message, key, [name])
  }
}

function assemble(
  components: ReadComponents,
  service: ServiceSettings,
  read: Pick<Configuration, 'files' | 'plugins'>,
): Configuration {
  const { extensions: serviceExtensions, ...settings } = service
  return {
    receivers: configsOf(components, 'receivers') as Configuration['receivers'],
    processors: configsOf(components, 'processors') as Configuration['processors'],
    exporters: configsOf(components, 'exporters') as Configuration['exporters'],
    extensions: configsOf(components, 'extensions') as Configuration['extensions'],
    serviceExtensions,
    ...settings,
    ...read,
  }
}

function configsOf(components: ReadComponents, section: Section): ReadonlyMap<string, ComponentConfig> {
  const configs = new Map<string, ComponentConfig>()
  for (const [id, { config }] of components.get(section) ?? [])
    if (config !== undefined) configs.set(id, config)
  return configs
}
