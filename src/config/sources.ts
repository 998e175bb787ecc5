import { dirname, resolve } from 'node:path'
import { fileErrorText, maxFileBytes, readBoundedFile } from './bounded-file.ts'
import { emptyMap, isNull, type ConfigNode, type MapNode } from './config-node.ts'
import type { Findings } from './finding.ts'
import { readSet, withPathKeys } from './path-keys.ts'
import { SourceText, type Place } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

/** What the command line named, read. */
export interface Sources {
  /** One map per source that could be read, in the order in which they are merged. */
  readonly documents: readonly MapNode[]
  /** The names of all sources, in the same order. */
  readonly names: readonly string[]
  /** The paths of the files among them, absolute. */
  readonly files: readonly string[]
}

/** The Collector's bound on `--config`. */
const maxSources = 100

const location = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?<rest>.*)$/s

/** Reads the files, then the texts of `--set`; what is wrong with them is found, with its place. */
export function readSources(
  input: {
    readonly files: readonly string[]
    readonly sets: readonly string[]
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly maxFileBytes?: number
  },
  findings: Findings,
): Sources {
  const documents: MapNode[] = []
  const names: string[] = []
  const files: string[] = []
  if (input.files.length > maxSources) {
    findings.error(`--config was given ${input.files.length} times; at most ${maxSources} are read`)
    return { documents, names, files }
  }
  for (const [index, given] of input.files.entries()) {
    const source = openSource(given, index, input, findings)
    if (source === undefined) continue
    names.push(source.text.name)
    if (source.file !== undefined) files.push(source.file)
    const document = readDocument(source.text, findings)
    if (document !== undefined) documents.push(source.pathKeys === true ? withPathKeys(document) : document)
  }
  for (const set of input.sets) {
    const document = readSet(set, findings)
    if (document === undefined) continue
    names.push(document.place.source.name)
    documents.push(document)
  }
  return { documents, names, files }
}

interface Opened {
  readonly text: SourceText
  readonly file?: string
  /** Whether keys such as `a::b` are paths. */
  readonly pathKeys?: boolean
}

function openSource(
  given: string,
  index: number,
  input: {
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly maxFileBytes?: number
  },
  findings: Findings,
): Opened | undefined {
  const { scheme, rest = '' } = location.exec(given)?.groups ?? {}
  const here = process.cwd()
  if (scheme === 'yaml')
    return { text: new SourceText(`--config yaml:#${index + 1}`, rest, here), pathKeys: true }
  if (scheme === 'env') {
    const text = input.environment[rest]
    if (text !== undefined) return { text: new SourceText(`--config env:${rest}`, text, here) }
    findings.error('this environment variable is not set', `--config env:${rest}`)
    return undefined
  }
  if (scheme !== undefined && scheme !== 'file') {
    findings.error(
      `--config ${scheme}:...: configuration is read from files, and from yaml: and env:, not from ${scheme}:`,
    )
    return undefined
  }
  const path = scheme === 'file' ? rest : given
  const file = resolve(path)
  try {
    const text = readBoundedFile(file, { limit: input.maxFileBytes ?? maxFileBytes })
    return { text: new SourceText(path, text, dirname(file)), file }
  } catch (error) {
    const advice = 'split it into several files, each with its own --config'
    const reason = fileErrorText(error)
    findings.error(
      `the file cannot be read: ${reason}${reason.includes('at most') ? `: ${advice}` : ''}`,
      path,
    )
    return undefined
  }
}

function readDocument(source: SourceText, findings: Findings): MapNode | undefined {
  const whole = (start: number, end: number): Place => ({ source, start, end })
  const read = readYaml(source.text, whole)
  if (read.problems !== undefined) {
    for (const { message, start, end } of read.problems) findings.error(message, whole(start, end))
    return undefined
  }
  return asMap(read.node, whole(0, 1), findings)
}

function asMap(node: ConfigNode, place: Place, findings: Findings): MapNode | undefined {
  if (node.kind === 'map') return node
  if (isNull(node)) {
    findings.warning('this file is empty', place)
    return emptyMap(node.place)
  }
  findings.error('expected a mapping with receivers, exporters and service', node.place)
  return undefined
}
