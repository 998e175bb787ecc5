import { Composer, Lexer, Parser, YAMLParseError, type CST, type Document, type ErrorCode } from 'yaml'

/** Something wrong in a text, by the range where it is. */
export interface YamlProblem {
  readonly message: string
  readonly start: number
  readonly end: number
  /** It was too much of something, not a wrong character. */
  readonly limit?: boolean
}

/** How deep collections may be nested. */
export const maxDepth = 100
/** Values, punctuation, blanks and comments in one text: some 80,000 values. */
const maxTokens = 400_000
/** Mistakes of one text that are told. */
const maxProblems = 20

/** What the parser's errors mean for who wrote the file; those not listed are clear as they are. */
const meanings: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a TAB cannot indent: use spaces',
  BAD_INDENT: 'the indentation is not that of the lines around: align it with the other keys or items',
  BLOCK_AS_IMPLICIT_KEY:
    'there is a second ": " on this line, or an indentation that does not fit: put a text with ": " in quotes, or a mapping on its own lines',
  BLOCK_IN_FLOW: 'a mapping or list of several lines cannot stand inside { } or [ ]',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line, with ": " behind it: is a ":" missing?',
  KEY_OVER_1024_CHARS: 'a key can be 1024 characters long at most: is a quote or ":" missing?',
  BAD_SCALAR_START: 'a text cannot begin with this character: put it in quotes',
  BAD_DQ_ESCAPE: String.raw`there is no such escape in double quotes: write \\ for a backslash, or use single quotes`,
  MULTIPLE_DOCS: 'a file holds one document: remove what follows this ---, or put it into another file',
  UNEXPECTED_TOKEN: 'this cannot stand here: is a ":", a comma, a quote or a bracket missing before it?',
  BAD_DIRECTIVE: 'a line that begins with % is a directive of YAML: put it in quotes',
}

/** Parses a text as one YAML 1.2 document, within bounds of depth and size. */
export function parseSyntax(text: string): {
  readonly document?: Document
  readonly problems: YamlProblem[]
} {
  try {
    const tokens = tokensOf(text)
    return Array.isArray(tokens) ? compose(tokens, text) : { problems: [tokens] }
  } catch (error) {
    // The parser itself is recursive in places.
    if (error instanceof RangeError) return { problems: [tooDeep(0)] }
    throw error
  }
}

/** The tokens of a text; the parser stops where they become too many. */
function tokensOf(text: string): CST.Token[] | YamlProblem {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > maxTokens) {
      return { message: 'there are too many values in this file: split it', start: 0, end: 1, limit: true }
    }
    for (const token of parser.next(lexeme)) tokens.push(token)
  }
  for (const token of parser.end()) tokens.push(token)
  return deepPlace(tokens) ?? tokens
}

function compose(tokens: readonly CST.Token[], text: string): ReturnType<typeof parseSyntax> {
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false })
  const [document, second] = [...composer.compose(tokens, true, text.length)]
  const errors = [...(document?.errors ?? [])]
  if (second !== undefined) {
    errors.push(new YAMLParseError([second.range[0], second.range[0] + 1], 'MULTIPLE_DOCS', ''))
  }
  if (document !== undefined && errors.length === 0) return { document, problems: [] }
  return { problems: clearErrors(errors).map((error) => problemOf(error, text)) }
}

/** After these the parser has lost the thread: what it says next is about its own confusion. */
const confusing: ReadonlySet<ErrorCode> = new Set([
  'UNEXPECTED_TOKEN',
  'BAD_INDENT',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'MULTIPLE_DOCS',
])

function clearErrors(errors: readonly YAMLParseError[]): YAMLParseError[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0])
  const first = sorted.findIndex(({ code }) => confusing.has(code))
  return sorted.slice(0, Math.min(first < 0 ? sorted.length : first + 1, maxProblems))
}

function problemOf({ pos: [start, end], code, message }: YAMLParseError, text: string): YamlProblem {
  const isReference = text[start - 1] === '$' && text[start] === '{'
  return {
    message: isReference ? 'inside { } and [ ], put a value with ${...} in quotes' : meaningOf(code, message),
    start: isReference ? start - 1 : start,
    end: Math.max(end, start + 1),
  }
}

function meaningOf(code: ErrorCode, message: string): string {
  const [, bracket] = /must (?:be .*indented and )?end with a (.)$/.exec(message) ?? []
  if (bracket !== undefined)
    return `a ${bracket} is missing here, or the lines inside the brackets are not indented`
  return meanings[code] ?? message
}

type Held = CST.Token | CST.CollectionItem

/** Looks at the tokens without recursion: what is nested too deep would overflow the stack of what comes next. */
function deepPlace(tokens: readonly CST.Token[]): YamlProblem | undefined {
  const open: { readonly held: Held; readonly depth: number }[] = tokens.map((held) => ({ held, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { held, depth } = next
    if (depth > maxDepth) return tooDeep(offsetOf(held))
    const inner = 'items' in held ? depth + 1 : depth
    for (const part of partsOf(held)) open.push({ held: part, depth: inner })
  }
  return undefined
}

function tooDeep(start: number): YamlProblem {
  return { message: `nested more than ${maxDepth} deep`, start, end: start + 1, limit: true }
}

function offsetOf(held: Held): number {
  if ('offset' in held) return held.offset
  return held.start[0]?.offset ?? held.key?.offset ?? held.value?.offset ?? 0
}

function partsOf(held: Held): Held[] {
  const parts: Held[] = []
  if ('items' in held) for (const item of held.items) parts.push(item)
  if ('key' in held && held.key) parts.push(held.key)
  if ('value' in held && held.value !== undefined) parts.push(held.value)
  return parts
}
