import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js'
import { ConfigError } from '#src/config/config-error.ts'
import { Memo } from './memo.ts'
import { readPlainForm, type PlainForm } from './plain-form.ts'
import { complaint } from './syntax-complaint.ts'

/** The text of a match and of its groups, by number; undefined for a group that took no part. */
export type Groups = readonly (string | undefined)[]

/** How a pattern is applied. */
export interface PatternOptions {
  /**
   * True as Prometheus does: the whole text must match, and a dot matches line feeds too (`^(?s:...)$`). False as Go's
   * regexp by itself: a match anywhere counts, and a dot matches anything but a line feed.
   */
  readonly anchored: boolean
}

/** Characters of a pattern at most: ten times what the longest lists of pods and namespaces take. */
export const longestPattern = 65_536
/** Characters that one `replaceAll` may look at, over all its searches: each may look to the end of the text. */
const replaceBudget = 4_000_000

/** Thrown where a text is too long to replace every match in it. */
export class PatternLimitError extends Error {
  override readonly name = 'PatternLimitError'
  readonly code = 'pattern_limit'
}

/**
 * A regular expression with the semantics of RE2: time is linear in the text, whatever the pattern. Plain patterns are
 * answered by comparing texts, others by the engine, with a bounded memo.
 */
export class Pattern {
  readonly source: string
  /** The numbers of named groups. */
  readonly groupNames: ReadonlyMap<string, number>
  readonly groupCount: number
  readonly #engine: RE2JS
  readonly #anchored: boolean
  readonly #plain: PlainForm | undefined
  readonly #matches = new Memo<boolean>()

  constructor(source: string, engine: RE2JS, anchored: boolean) {
    this.source = source
    this.#engine = engine
    this.#anchored = anchored
    this.groupNames = new Map(Object.entries(engine.namedGroups()))
    this.groupCount = engine.groupCount()
    this.#plain = readPlainForm(source, anchored)
  }

  /** Whether the text matches: as a whole where the pattern is anchored, else anywhere. */
  matches(text: string): boolean {
    if (this.#plain !== undefined) return this.#plain.matches(text)
    return this.#matches.of(text, (unknown) => this.#test(unknown))
  }

  /**
   * The match's groups, the match itself as number 0; undefined where there is none. Of several matches the first. They
   * are not remembered: the caller remembers what it makes of them.
   */
  groups(text: string): Groups | undefined {
    if (this.#plain?.groups !== undefined) return this.#plain.groups(text)
    if (!this.matches(text)) return undefined
    const matcher = this.#engine.matcher(text)
    return (this.#anchored ? matcher.matches() : matcher.find()) ? groupsOf(matcher) : undefined
  }

  /**
   * The text with every match replaced, as Go's ReplaceAll: no empty match right after another one. Meant for
   * patterns that are not anchored.
   *
   * @throws PatternLimitError where the matches are too many for a text of that length
   */
  replaceAll(text: string, expand: (groups: Groups) => string): string {
    if (!this.matches(text)) return text
    const matcher = this.#engine.matcher(text)
    let result = ''
    let end = 0
    let budget = replaceBudget
    for (let position = 0; position <= text.length;) {
      budget -= text.length - position
      if (budget < 0) {
        throw new PatternLimitError(
          `the pattern has too many matches in a text of ${text.length} characters to replace them all`,
        )
      }
      if (!matcher.find(position)) break
      const from = matcher.start()
      const to = matcher.end()
      result += text.slice(end, from)
      if (to > end || from === 0) result += expand(groupsOf(matcher))
      end = to
      position = Math.max(to, position + ((text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1))
    }
    return result + text.slice(end)
  }

  /** Without groups the engine's automaton answers: some 20 ms for a megabyte. */
  #test(text: string): boolean {
    return this.#anchored ? this.#engine.testExact(text) : this.#engine.test(text)
  }
}

function groupsOf(matcher: ReturnType<RE2JS['matcher']>): Groups {
  const groups: (string | undefined)[] = []
  for (let index = 0; index <= matcher.groupCount(); index++) groups.push(matcher.group(index) ?? undefined)
  return groups
}

/**
 * Compiles a regular expression in RE2's syntax.
 *
 * @throws ConfigError in words, without a path: the caller knows where the pattern stands
 */
export function compilePattern(source: string, { anchored }: PatternOptions): Pattern {
  if (source.length > longestPattern) {
    throw new ConfigError(
      `the regular expression has ${source.length} characters; at most ${longestPattern} are allowed`,
    )
  }
  try {
    return new Pattern(source, RE2JS.compile(source, anchored ? RE2JS.DOTALL : 0), anchored)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const message =
      error instanceof RE2JSSyntaxException
        ? // The engine puts the flag of a dot that matches line feeds before the pattern.
          complaint(source, error.getDescription(), (error.getPattern() ?? '').replace(/^\(\?s\)/, ''))
        : error.message
    throw new ConfigError(`the regular expression is not valid: ${message}`, [], { cause: error })
  }
}
