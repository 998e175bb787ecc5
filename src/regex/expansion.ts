import type { Groups, Pattern } from './pattern.ts'

/** A text with references to the groups of a pattern, as Go's Expand reads it. */
export interface Expansion {
  /** The text itself, where it refers to nothing; `$$` is `$` then. */
  readonly literal: string | undefined
  /** The text with the groups of a match in place of the references. */
  of(groups: Groups): string
}

const reference = /\$(?:\$|(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+)))/gu

/**
 * Compiles a text for a pattern: `$1`, `${1}`, `$name` and `${name}` stand for groups, `$$` for a dollar sign. Without
 * braces a name is as long as it can be, so `$1x` is the group named `1x`. A group that does not exist, or took no
 * part in the match, is empty; a dollar sign that begins no reference stands for itself.
 */
export function compileExpansion(
  template: string,
  pattern: Pick<Pattern, 'groupCount' | 'groupNames'>,
): Expansion {
  const parts: (string | number)[] = []
  let end = 0
  for (const match of template.matchAll(reference)) {
    parts.push(template.slice(end, match.index))
    const name = match[1] ?? match[2]
    const group = name === undefined ? '$' : groupNumber(name, pattern)
    if (group !== undefined) parts.push(group)
    end = match.index + match[0].length
  }
  parts.push(template.slice(end))
  if (!parts.some((part) => typeof part === 'number')) {
    const literal = parts.join('')
    return { literal, of: () => literal }
  }
  return {
    literal: undefined,
    of(groups) {
      let text = ''
      for (const part of parts) text += typeof part === 'string' ? part : (groups[part] ?? '')
      return text
    },
  }
}

function groupNumber(
  name: string,
  { groupCount, groupNames }: Pick<Pattern, 'groupCount' | 'groupNames'>,
): number | undefined {
  if (!/^(0|[1-9][0-9]{0,7})$/.test(name)) return groupNames.get(name)
  const number = Number(name)
  return number <= groupCount ? number : undefined
}
