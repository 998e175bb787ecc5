import { isUtf8 } from 'node:buffer'

/** A sample as `sampleLines` writes it, in parts. */
interface NaiveSample {
  /** `name{label="value"}`, labels sorted. */
  readonly series: string
  readonly value: number
  readonly time: number | undefined
}

/**
 * Reads the text format with strings and regular expressions, one line at a time and without memory: what a reader that is
 * fast is compared with. Written from the format's description, and sharing nothing with the reader.
 *
 * @returns all samples in order; undefined for a body that is none
 */
export function naiveSamples(body: Buffer): NaiveSample[] | undefined {
  if (!isUtf8(body)) return undefined
  const lines = body.toString('utf8').split('\n')
  const types = new Map<string, string>()
  const parsed: { name: string; labels: Map<string, string>; value: number; time: number | undefined }[] = []
  for (const line of lines) {
    if (/^[ \t]*$/.test(line)) continue
    if (/^[ \t]*#/.test(line)) {
      if (!readComment(line, types)) return undefined
      continue
    }
    const sample = readLine(line)
    if (sample === undefined) return undefined
    parsed.push(sample)
  }
  return parsed.map(({ name, labels, value, time }) => ({
    series: seriesText(name, labels, types),
    value,
    time,
  }))
}

const classicName = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const quotedText = '"(?:[^"\\\\]|\\\\.)*"'

function readComment(line: string, types: Map<string, string>): boolean {
  if (/^[ \t]*#[ \t]+(?:HELP|TYPE)$/.test(line)) return true
  if (new RegExp(`^[ \\t]*#[ \\t]+HELP[ \\t]+(?:${classicName}|"(?:[^"\\\\]|\\\\.)+")`).test(line))
    return true
  const match = new RegExp(
    `^[ \\t]*#[ \\t]+(HELP|TYPE)(?:[ \\t]+(${classicName}|${quotedText})(?:[ \\t]+([^\\n]*))?)?[ \\t]*$`,
  ).exec(line)
  if (match === null) return !/^[ \t]*#[ \t]+(?:HELP|TYPE)(?:[ \t]|$)/.test(line)
  const [, kind, name, text = ''] = match
  if (name === undefined || name === '""') return false
  if (kind === 'HELP') return true
  const type = text.replace(/[ \t]+$/, '')
  if (!/^(?:counter|gauge|histogram|gaugehistogram|summary|info|stateset|unknown|untyped)$/.test(type))
    return false
  const plain = name.startsWith('"') ? unquoted(name) : name
  if (!types.has(plain)) types.set(plain, type)
  return true
}

function readLine(line: string): ReturnType<typeof readTokens> {
  const tokens = line.match(new RegExp(`${quotedText}|[{},=]|[^ \\t{},="]+|[ \\t]+|"`, 'g')) ?? []
  return readTokens(tokens)
}

function readTokens(
  tokens: readonly string[],
): { name: string; labels: Map<string, string>; value: number; time: number | undefined } | undefined {
  let at = 0
  const blanks = (): void => {
    while (/^[ \t]+$/.test(tokens[at] ?? '')) at++
  }
  let name: string | undefined
  blanks()
  if (new RegExp(`^${classicName}$`).test(tokens[at] ?? '')) name = tokens[at++]
  const blankBehindName = /^[ \t]+$/.test(tokens[at] ?? '')
  blanks()
  const labels = new Map<string, string>()
  const braces = tokens[at] === '{'
  if (braces) {
    at++
    blanks()
    while (tokens[at] !== '}') {
      const label = tokens[at++] ?? ''
      const quoted = label.length > 1 && label.startsWith('"')
      if (!quoted && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) return undefined
      const key = quoted ? unquoted(label) : label
      if (key === '') return undefined
      blanks()
      if (tokens[at] === '=') {
        at++
        blanks()
        const value = tokens[at++] ?? ''
        if (value.length < 2 || !value.startsWith('"')) return undefined
        if (labels.has(key) || key === '__name__') return undefined
        labels.set(key, unquoted(value))
      } else {
        if (!quoted || name !== undefined || !/^[,}]$/.test(tokens[at] ?? '')) return undefined
        name = key
      }
      blanks()
      if (tokens[at] === ',') at++
      blanks()
    }
    at++
  }
  if (name === undefined || (!braces && !blankBehindName)) return undefined
  const rest = tokens
    .slice(at)
    .join('')
    .replaceAll(/^[ \t]+|[ \t]+$/g, '')
    .split(/[ \t]+/)
  const value = naiveNumber(rest[0] ?? '')
  if (value === undefined || rest.length > 2) return undefined
  if (rest[1] !== undefined && !/^-?[0-9]{1,18}$/.test(rest[1])) return undefined
  return { name, labels, value, time: rest[1] === undefined ? undefined : Number(rest[1]) }
}

/** A number of the text formats; undefined for another text. */
export function naiveNumber(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replaceAll(/\\([\\n"])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
}

function seriesText(
  name: string,
  labels: ReadonlyMap<string, string>,
  types: ReadonlyMap<string, string>,
): string {
  const isBucket =
    name.endsWith('_bucket') &&
    (types.get(name.slice(0, -'_bucket'.length)) ?? '').endsWith('histogram') &&
    /^(?:|unknown|untyped)$/.test(types.get(name) ?? '')
  // Which of both a series has first decides, and nobody has both.
  const first = [...labels.keys()].find((key) => key === 'le' || key === 'quantile')
  const bound = isBucket ? 'le' : types.get(name) === 'summary' ? 'quantile' : undefined
  const pairs = [...labels].map(([key, value]) => {
    const number = key === bound && key === first ? naiveNumber(value) : undefined
    return [
      key,
      number === undefined || Number.isNaN(number) || number === -Infinity ? value : boundText(number),
    ] as const
  })
  const sorted = pairs.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `${name}{${sorted.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}}`
}

/** Only for what tests write: no bound needs an exponent. */
function boundText(bound: number): string {
  if (bound === Infinity) return '+Inf'
  return Number.isInteger(bound) ? `${Object.is(bound, -0) ? '-0' : bound}.0` : String(bound)
}
