import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ComponentDefinition, ComponentKind } from '#src/component/define.ts'
import { parseComponentId } from './component-id.ts'
import type { ConfigNode, ScalarNode } from './config-node.ts'
import type { Findings } from './finding.ts'
import { KnownComponents } from './known-components.ts'

const kinds: ReadonlySet<unknown> = new Set<ComponentKind>(['receiver', 'processor', 'exporter', 'extension'])

/** What a configuration lists under `plugins`. */
export interface Plugins {
  readonly definitions: readonly ComponentDefinition[]
  /** The modules that they come from. */
  readonly urls: readonly string[]
}

/**
 * Loads the components of the user's own: the items of `plugins`, each a path (`./my-receiver.js`, relative to the file
 * that lists it) or the name of a module that is installed beside that file. Its default export is a definition or an array
 * of definitions. What does not load is found, with its place.
 */
export async function loadPlugins(list: ConfigNode | undefined, findings: Findings): Promise<Plugins> {
  const loaded: ComponentDefinition[] = []
  const urls: string[] = []
  if (list === undefined) return { definitions: loaded, urls }
  if (list.kind !== 'list') {
    findings.error('expected a list of modules', list.place, ['plugins'])
    return { definitions: loaded, urls }
  }
  for (const [index, item] of list.items.entries()) {
    const path = ['plugins', index]
    if (item.kind !== 'scalar' || typeof item.value !== 'string' || item.value === '') {
      findings.error('expected a path or the name of a module', item.place, path)
      continue
    }
    try {
      const url = moduleUrl(item)
      urls.push(url)
      for (const definition of definitionsOf(await import(url))) {
        const mistake = mistakeOf(definition, loaded)
        if (mistake !== undefined) findings.error(mistake, item.place, path)
        else loaded.push(definition as ComponentDefinition)
      }
    } catch (error) {
      findings.error(`the module cannot be loaded: ${reasonOf(error)}`, item.place, path)
    }
  }
  return { definitions: loaded, urls }
}

/** Loads modules that were found to be plugins before. */
export async function importPlugins(urls: readonly string[]): Promise<ComponentDefinition[]> {
  const modules = await Promise.all(urls.map(async (url): Promise<unknown> => await import(url)))
  return modules.flatMap(definitionsOf) as ComponentDefinition[]
}

function moduleUrl({ text, place }: ScalarNode): string {
  const { directory } = place.source
  if (text.startsWith('.') || isAbsolute(text)) return pathToFileURL(resolve(directory, text)).href
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) throw new Error('expected a path or the name of a module')
  const found = createRequire(join(directory, 'weir.yaml')).resolve(text)
  return pathToFileURL(found).href
}

function definitionsOf(module: unknown): readonly unknown[] {
  const exported = (module as { readonly default?: unknown }).default
  return Array.isArray(exported) ? exported : [exported]
}

/** What keeps an export from being a component. */
function mistakeOf(exported: unknown, before: readonly ComponentDefinition[]): string | undefined {
  const wanted =
    'its default export must be what defineReceiver, defineProcessor, defineExporter or defineExtension gives, or an array of those'
  if (typeof exported !== 'object' || exported === null) return `the module is no plugin: ${wanted}`
  const { kind, type, create, config } = exported as Partial<ComponentDefinition>
  const isDefinition = kinds.has(kind) && typeof create === 'function' && typeof config === 'object'
  if (!isDefinition || kind === undefined || typeof type !== 'string')
    return `the module is no plugin: ${wanted}`
  const id = parseComponentId(type)
  if (typeof id === 'string' || id.name !== '')
    return `the module brings a ${kind} of the type ${JSON.stringify(type)}, which is no type name`
  if (new KnownComponents(before).find(kind, type) === undefined) return undefined
  return `the module brings a ${kind} of the type ${type}, which there is already: give it another type`
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] ?? text
}
