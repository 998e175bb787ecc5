/** A part of a text: characters that stand for themselves, or a reference to a value. */
export type TextPart = string | Reference

/** `${...}`, with references inside it. */
export interface Reference {
  readonly parts: readonly TextPart[]
  /** The range in the text, braces included. */
  readonly start: number
  readonly end: number
}

/** A text taken apart. */
export interface ParsedText {
  readonly parts: readonly TextPart[]
  /** Where `${` has no `}`: it stands for itself. */
  readonly unclosed: readonly number[]
}

interface Open {
  readonly parts: TextPart[]
  readonly start: number
  /** `$${`: its braces stand for themselves. */
  readonly escaped: boolean
}

/**
 * Takes a text apart at `${...}`. `$$` is a dollar; an odd number of dollars before `${` makes it stand for itself, and so
 * does a number in the braces: `${1}` is a group of a regular expression in every relabel rule of Prometheus, and could
 * not be the name of a variable.
 */
export function parseReferences(text: string): ParsedText {
  const outermost: TextPart[] = []
  const open: Open[] = []
  const append = (part: TextPart): void => {
    const parts = open.at(-1)?.parts ?? outermost
    const last = parts.at(-1)
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
    else if (part !== '') parts.push(part)
  }
  const special = /\$+\{?|\}/g
  let at = 0
  for (const match of text.matchAll(special)) {
    append(text.slice(at, match.index))
    const token = match[0]
    at = match.index + token.length
    if (token === '}') {
      const closed = open.pop()
      if (closed === undefined) append('}')
      else appendClosed(closed, at, append)
      continue
    }
    const dollars = token.endsWith('{') ? token.length - 2 : token.length
    append('$'.repeat(Math.ceil(dollars / 2)))
    if (!token.endsWith('{')) continue
    open.push({ parts: [], start: at - 2, escaped: dollars % 2 === 1 })
  }
  append(text.slice(at))
  const unclosed: number[] = []
  for (let left = open.pop(); left !== undefined; left = open.pop()) {
    if (!left.escaped) unclosed.push(left.start)
    append(left.escaped ? '{' : '${')
    for (const part of left.parts) append(part)
  }
  return { parts: outermost, unclosed: unclosed.toReversed() }
}

function appendClosed({ parts, start, escaped }: Open, end: number, append: (part: TextPart) => void): void {
  const [only] = parts
  const isNumber = parts.length === 1 && typeof only === 'string' && /^\d+$/.test(only)
  if (!escaped && !isNumber) {
    append({ parts, start, end })
    return
  }
  append(escaped ? '{' : '${')
  for (const part of parts) append(part)
  append('}')
}
