import type { ConfigNode } from './config-node.ts'
import type { Place } from './source-text.ts'
import { NodeMaker } from './yaml-nodes.ts'
import { parseSyntax, type YamlProblem } from './yaml-syntax.ts'

/** What came of a text: its tree, or what is wrong with it. */
export type YamlResult =
  | { readonly node: ConfigNode; readonly problems?: undefined }
  | { readonly problems: readonly YamlProblem[] }

/**
 * Reads a text as one YAML 1.2 document of the core schema: without unknown tags and duplicate keys, within bounds of
 * depth, size and aliases. Time and memory are linear in the text.
 *
 * @param placeAt makes the place of a range of the text
 */
export function readYaml(text: string, placeAt: (start: number, end: number) => Place): YamlResult {
  const { document, problems } = parseSyntax(text)
  if (document === undefined) return { problems }
  const maker = new NodeMaker(text, placeAt)
  const node = maker.make(document.contents, [0, 0])
  return maker.problems.length > 0 ? { problems: maker.problems } : { node }
}
