import { compileExpansion, type Expansion } from '#src/regex/expansion.ts'
import type { Groups, Pattern } from '#src/regex/pattern.ts'
import type { Labels } from './labels.ts'

/** What a rule writes, made of groups of its match and of labels. */
export interface Replacement {
  /** Whether it depends on labels beside those of the source. */
  readonly usesLabels: boolean
  /** The text, where it depends on nothing. */
  readonly literal: string | undefined
  of(groups: Groups, labels: Labels): string
}

/** Compiles a replacement: references to groups as in an `Expansion`, and `{{label}}` for the value of a label, taken as it is. */
export function compileReplacement(template: string, pattern: Pattern): Replacement {
  const pieces: (Expansion | string)[] = []
  // Of the split with one group, every second piece is the group.
  for (const [index, piece] of template.split(/\{\{(.*?)\}\}/s).entries()) {
    pieces.push(index % 2 === 0 ? compileExpansion(piece, pattern) : piece)
  }
  const [only] = pieces
  if (pieces.length === 1 && typeof only === 'object') {
    return { usesLabels: false, literal: only.literal, of: (groups) => only.of(groups) }
  }
  return {
    usesLabels: true,
    literal: undefined,
    of: (groups, labels) =>
      pieces.map((piece) => (typeof piece === 'string' ? labels.get(piece) : piece.of(groups))).join(''),
  }
}
