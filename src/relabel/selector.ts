import { ConfigError, mapItems } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { compilePattern } from '#src/regex/pattern.ts'
import type { Labels } from './labels.ts'
import { unquote } from './quoted-text.ts'

/** Whether labels are selected. */
export type Selector = (labels: Labels) => boolean

type Operator = '=' | '!=' | '=~' | '!~'

/** Characters of a selector at most. */
const longest = 65_536

/**
 * Compiles a series selector as Prometheus and vmagent write them: `name`, `name{label="value"}`,
 * `{label!="a",other=~"b.*"}`, `{"a name", "a label"="value"}`, and `or` between sets of filters. A missing label is
 * empty; expressions are RE2 and must match as a whole.
 *
 * @throws ConfigError with the place in the selector
 */
export function compileSelector(text: string): Selector {
  return any(new Reader(text).selector())
}

/**
 * Compiles a list of selectors into one question: whether any of them matches.
 *
 * @throws ConfigError for every one that cannot be read, with its index
 */
export function compileSelectors(texts: readonly string[]): Selector {
  return any(mapItems(texts, (text, index) => located([index], () => compileSelector(text))))
}

function any(selectors: readonly Selector[]): Selector {
  const [only] = selectors
  if (only !== undefined && selectors.length === 1) return only
  return (labels) => selectors.some((selector) => selector(labels))
}

function every(filters: readonly Selector[]): Selector {
  const [only] = filters
  if (only !== undefined && filters.length === 1) return only
  return (labels) => filters.every((filter) => filter(labels))
}

function filter(label: string, operator: Operator, value: string): Selector {
  if (operator === '=') return (labels) => labels.get(label) === value
  if (operator === '!=') return (labels) => labels.get(label) !== value
  const pattern = compilePattern(value, { anchored: true })
  if (operator === '=~') return (labels) => pattern.matches(labels.get(label))
  return (labels) => !pattern.matches(labels.get(label))
}

const blanks = /\s*/y
/** A dot may stand in a name, as OpenTelemetry has it; anything else after a backslash. */
const identifier = /(?:[\p{L}_:]|\\.)(?:[\p{L}\p{Nd}_:.]|\\.)*/uy
const operators = /=~|!~|!=|=/y
const quoted = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`/sy

function withoutBackslashes(name: string): string {
  return name.replaceAll(/\\(.)/gsu, '$1')
}

/** Reads a selector from left to right. */
class Reader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    if (text.length > longest) {
      throw new ConfigError(`the selector has ${text.length} characters; at most ${longest} are allowed`)
    }
    this.#text = text
  }

  /** The sets of filters, one of which must match. */
  selector(): Selector[] {
    const name = this.#take(identifier)
    const named = name === undefined ? [] : [filter('__name__', '=', withoutBackslashes(name))]
    const sets: Selector[] = []
    if (this.#sign('{')) {
      do sets.push(every([...named, ...this.#filters()]))
      while (this.#word('or'))
      if (!this.#sign('}')) throw this.#expected('a comma, or, or }')
    } else if (name === undefined) {
      throw this.#expected('a metric name or {')
    } else sets.push(every(named))
    this.#take(blanks)
    if (this.#position < this.#text.length) throw this.#expected('the end')
    return sets
  }

  #filters(): Selector[] {
    const filters: Selector[] = []
    do {
      const start = this.#position
      const text = this.#quoted()
      const label = text ?? this.#identifier()
      if (label === undefined) break
      const operator = this.#take(operators) as Operator | undefined
      if (operator !== undefined) filters.push(this.#filter(label, operator))
      else if (text !== undefined) filters.push(filter('__name__', '=', text))
      else {
        this.#position = start
        throw this.#expected('a label with =, !=, =~ or !~')
      }
    } while (this.#sign(','))
    return filters
  }

  #filter(label: string, operator: Operator): Selector {
    const value = this.#quoted()
    if (value === undefined) throw this.#expected('a value in quotes')
    return this.#at(this.#position - value.length - 1, () => filter(label, operator, value))
  }

  /** Tells in a mistake where in the selector it is. */
  #at<Result>(position: number, read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new ConfigError(`in the series selector, near character ${position + 1}: ${error.message}`)
    }
  }

  #identifier(): string | undefined {
    const name = this.#take(identifier)
    return name === undefined ? undefined : withoutBackslashes(name)
  }

  #word(word: string): boolean {
    const start = this.#position
    if (this.#take(identifier)?.toLowerCase() === word) return true
    this.#position = start
    return false
  }

  #quoted(): string | undefined {
    const text = this.#take(quoted)
    return text === undefined ? undefined : this.#at(this.#position - text.length, () => unquote(text))
  }

  #sign(sign: ',' | '{' | '}'): boolean {
    this.#take(blanks)
    if (this.#text[this.#position] !== sign) return false
    this.#position++
    return true
  }

  #take(expression: RegExp): string | undefined {
    blanks.lastIndex = this.#position
    if (expression !== blanks) this.#position += blanks.exec(this.#text)?.[0].length ?? 0
    expression.lastIndex = this.#position
    const found = expression.exec(this.#text)?.[0]
    this.#position += found?.length ?? 0
    return found
  }

  #expected(what: string): ConfigError {
    const rest = this.#text.slice(this.#position, this.#position + 20)
    const found = rest.trim() === '' ? 'the end' : JSON.stringify(rest)
    return new ConfigError(
      `the series selector has ${found} at character ${this.#position + 1} where ${what} is expected`,
    )
  }
}
