import type { Path } from './config-error.ts'
import type { ConfigNode, Entry, ScalarNode } from './config-node.ts'
import type { Findings } from './finding.ts'
import { parseReferences, type Reference, type TextPart } from './reference.ts'
import { lookUp, UnresolvedReference, type Lookup, type ReferenceValue } from './reference-value.ts'
import { SourceText, type Place } from './source-text.ts'
import { readYaml } from './yaml-document.ts'
import { maxDepth } from './yaml-syntax.ts'

/** Substitutions for one value, and for all; values that refer to themselves reach it. */
const maxSubstitutions = 1000
const maxAllSubstitutions = 20_000
/** How deep values may refer to values. */
const maxReferences = 50
/** Characters of one value after substitution, and of all values together. */
const maxCharacters = 1_048_576
const maxAllCharacters = 16 * maxCharacters

/** What references are resolved with. */
export interface ExpansionContext extends Lookup {
  /** An unset variable is an error. */
  readonly strict: boolean
  readonly findings: Findings
}

/** What a text is part of while its references are resolved. */
interface Scope {
  readonly path: Path
  /** Where the reference stands in a file. */
  readonly place: Place
  /** What relative paths are relative to. */
  readonly directory: string
  /** References that led here. */
  readonly references: number
  readonly budget: { substitutions: number }
}

/** Replaces references in values, as the Collector does; keys are left as they are. */
export class Expansion {
  readonly #context: ExpansionContext
  readonly #expanded = new Map<ConfigNode, ConfigNode>()
  #characters = 0
  #substitutions = 0

  constructor(context: ExpansionContext) {
    this.#context = context
  }

  /** The tree with values in place of references. A value that is a single reference may become any tree. */
  expand(node: ConfigNode, path: Path = [], outer?: Scope): ConfigNode {
    if (node.kind === 'scalar') return this.#scalar(node, path, outer)
    // What an anchor is used for again is the same again.
    const known = this.#expanded.get(node)
    if (known !== undefined) return known
    let expanded: ConfigNode
    if (path.length > 2 * maxDepth) {
      this.#context.findings.error(`nested more than ${2 * maxDepth} deep`, node.place, path)
      expanded = broken(node.place)
    } else if (node.kind === 'list') {
      const items = node.items.map((item, index) => this.expand(item, [...path, index], outer))
      expanded = { ...node, items }
    } else {
      const entries = new Map<string, Entry>()
      for (const [key, entry] of node.entries) {
        entries.set(key, { key: entry.key, value: this.expand(entry.value, [...path, key], outer) })
      }
      expanded = { ...node, entries }
    }
    this.#expanded.set(node, expanded)
    return expanded
  }

  #scalar(node: ScalarNode, path: Path, outer: Scope | undefined): ConfigNode {
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node
    const { place } = node
    const { directory, references } = outer ?? { directory: place.source.directory, references: 0 }
    const scope = { path, place, directory, references, budget: { substitutions: maxSubstitutions } }
    try {
      return this.#value(node.value, scope, node.quoted)
    } catch (error) {
      if (!(error instanceof UnresolvedReference)) throw error
      this.#context.findings.error(error.message, place, path)
      return broken(place)
    }
  }

  /** What a text becomes: any tree where it is a single reference, else a text. */
  #value(text: string, scope: Scope, quoted: boolean): ConfigNode {
    const { parts, unclosed } = parseReferences(text)
    if (scope.references === 0) this.#warnUnclosed(unclosed, text, scope)
    const [only] = parts
    if (typeof only === 'object' && only.start === 0 && only.end === text.length)
      return this.#whole(only, scope)
    const names: string[] = []
    const value = this.#join(parts, text, scope, names)
    const place =
      names.length === 0
        ? scope.place
        : { ...scope.place, origin: { reference: names.join(), line: undefined } }
    return { kind: 'scalar', value, text: value, quoted, place }
  }

  #whole(reference: Reference, scope: Scope): ConfigNode {
    const value = this.#look(reference, '', scope)
    const origin = (line: number | undefined): Place => ({
      ...scope.place,
      origin: { reference: value.name, line },
    })
    const scalar = { kind: 'scalar', quoted: false, place: origin(undefined) } as const
    const { text } = value
    if (text === undefined && this.#context.strict) return broken(scope.place)
    if (text === undefined || text === '')
      return { ...scalar, value: text !== undefined && value.final ? '' : null, text: '' }
    const lines = text.includes('\n') ? new SourceText(value.name, text, value.directory) : undefined
    const read = readYaml(text, (start) => origin(lines?.position(start).line))
    const tooMuch = read.problems?.find(({ limit }) => limit === true)
    if (tooMuch !== undefined) {
      throw new UnresolvedReference(`the value of ${value.name} is refused: ${tooMuch.message}`)
    }
    const inner = deeper(value, scope)
    const node = read.problems === undefined ? read.node : undefined
    if (node !== undefined && node.kind !== 'scalar')
      return value.final ? node : this.expand(node, scope.path, inner)
    if (node !== undefined && typeof node.value !== 'string') return { ...scalar, value: node.value, text }
    if (value.final || !text.includes('$')) return { ...scalar, value: text, text }
    return this.#value(text, { ...inner, place: scalar.place }, false)
  }

  /** The text with references replaced by the texts of their values, whose names are added to a list. */
  #join(parts: readonly TextPart[], text: string, scope: Scope, names: string[] = []): string {
    let joined = ''
    for (const part of parts) {
      joined += typeof part === 'string' ? part : this.#text(part, text, scope, names)
      if (joined.length > maxCharacters) {
        throw new UnresolvedReference(`the value becomes longer than ${maxCharacters} characters`)
      }
    }
    return joined
  }

  #text(reference: Reference, around: string, scope: Scope, names: string[]): string {
    const value = this.#look(reference, around, scope)
    names.push(value.name)
    const { text = '' } = value
    if (value.final || !text.includes('$')) return text
    return this.#join(parseReferences(text).parts, text, deeper(value, scope))
  }

  #look(reference: Reference, around: string, scope: Scope): ReferenceValue {
    if (scope.references > maxReferences || scope.budget.substitutions-- <= 0) {
      throw new UnresolvedReference('there are too many references in this value: does it refer to itself?')
    }
    if (++this.#substitutions > maxAllSubstitutions || this.#characters > maxAllCharacters) {
      throw new UnresolvedReference('the references of this configuration stand for too much')
    }
    const inner = this.#join(reference.parts, around, scope)
    const value = lookUp(inner, scope.directory, this.#context)
    this.#characters += value.text?.length ?? 0
    if (value.text === undefined) this.#tellUnset(value.name, reference, around, scope)
    return value
  }

  #tellUnset(
    name: string,
    { start, end }: Reference,
    around: string,
    { path, place, references }: Scope,
  ): void {
    const variable = name.slice('${env:'.length, -1)
    const isReplacement = path.at(-1) === 'replacement'
    const advice = isReplacement
      ? `; if it is a group of the regular expression, write $\${${variable}}`
      : `; \${env:${variable}:-value} would give it a default`
    const message = `the environment variable ${variable} is not set: its value is empty${advice}`
    const precise = references === 0 && around !== '' ? within(place, around, start, end) : place
    const { findings, strict } = this.#context
    if (strict) findings.error(message, precise, path)
    else findings.warning(message, precise, path)
  }

  #warnUnclosed(unclosed: readonly number[], text: string, { place, path }: Scope): void {
    for (const start of unclosed) {
      const message = '${ without a } stands for itself; write $${ where that is meant'
      this.#context.findings.warning(message, within(place, text, start, start + 2), path)
    }
  }
}

function deeper(value: ReferenceValue, scope: Scope): Scope {
  return { ...scope, directory: value.directory, references: scope.references + 1 }
}

/** The range of a part of a text; that of the whole text where the file has it in another form. */
function within(place: Place, text: string, start: number, end: number): Place {
  if (place.origin !== undefined) return place
  const from = place.source.text.slice(place.start, place.end).indexOf(text)
  return from < 0 ? place : { ...place, start: place.start + from + start, end: place.start + from + end }
}

function broken(place: Place): ScalarNode {
  return { kind: 'scalar', value: null, text: '', quoted: false, place, broken: true }
}
