import type { ConfigError } from './config-error.ts'
import { emptyMap, type ConfigNode } from './config-node.ts'
import { Findings, type Finding } from './finding.ts'
import { HiddenPlaces } from './frame.ts'
import { findMistakes, readOptions } from './options-reader.ts'
import { viewOf } from './schema-view.ts'
import type { Static, TSchema } from './schema.ts'
import { SourceText } from './source-text.ts'
import { readYaml } from './yaml-document.ts'

/**
 * Options in a YAML text of their own, such as a file that a component watches or what a person typed. They are read as
 * those of the configuration itself, but that references (`${...}`) stay what they are.
 */
export class OptionsText<Schema extends TSchema> {
  /** As the schema has them; undefined where they do not hold to it. */
  readonly options: Static<Schema> | undefined
  readonly #name: string
  readonly #findings: Findings
  readonly #node: ConfigNode

  /** @param name what messages call it: a path */
  constructor(name: string, text: string, schema: Schema) {
    const source = new SourceText(name, text, process.cwd())
    const placeAt = (start: number, end: number) => ({ source, start, end })
    const hidden = new HiddenPlaces()
    const findings = new Findings(hidden)
    this.#name = name
    this.#findings = findings
    const read = readYaml(text, placeAt)
    if (read.problems !== undefined) {
      this.#node = emptyMap(placeAt(0, 0))
      for (const { message, start, end } of read.problems) findings.error(message, placeAt(start, end))
      return
    }
    const { node, options } = readOptions(read.node, viewOf(schema), [], { findings, hidden })
    this.#node = node
    this.options = options as Static<Schema> | undefined
  }

  /** Notes mistakes that were found in the options later. */
  add(error: ConfigError): void {
    findMistakes(error, this.#node, [], this.#findings)
  }

  /** What is wrong with it, each with its line. */
  get findings(): Finding[] {
    return this.#findings.list([this.#name])
  }
}
