/** What is said of a family. */
export interface ReadFamily {
  type: string | undefined
  help: string | undefined
  unit: string | undefined
}

/** One line of an exposition. */
export interface ReadSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
  readonly time: number | undefined
  readonly exemplar: { readonly labels: ReadonlyMap<string, string>; readonly value: number } | undefined
}

/** An exposition as it was read. */
export interface ReadExposition {
  readonly families: ReadonlyMap<string, ReadFamily>
  readonly samples: readonly ReadSample[]
}

/**
 * Reads text 0.0.4 and 1.0.0 and OpenMetrics 1.0 as strictly as their specifications have it, character by character: an
 * oracle for what writes them.
 *
 * @throws {Error} where the text is no exposition
 */
export function readExposition(text: string): ReadExposition {
  const families = new Map<string, ReadFamily>()
  const samples: ReadSample[] = []
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error('the last line does not end')
  const openMetrics = lines.at(-1) === '# EOF'
  if (openMetrics) lines.pop()
  const seen = new Set<string>()
  let current: string | undefined
  for (const line of lines) {
    const reader = new Reader(line)
    if (reader.skip('# ')) {
      current = readMetadata(reader, families, current)
      continue
    }
    const sample = readSample(reader, openMetrics)
    const key = JSON.stringify([sample.name, [...sample.labels].map((label) => label.join('=')).toSorted()])
    if (seen.has(key)) throw new Error(`the series ${key} is there twice`)
    seen.add(key)
    if (current === undefined || !belongs(sample.name, current))
      throw new Error(`${sample.name} is not under its family: ${line}`)
    samples.push(sample)
  }
  return { families, samples }
}

function readMetadata(
  reader: Reader,
  families: Map<string, ReadFamily>,
  current: string | undefined,
): string {
  const keyword = reader.until(' ')
  reader.expect(' ')
  const name = reader.peek() === '"' ? reader.quoted() : reader.until(' ')
  reader.expect(' ')
  const known = families.get(name)
  if (known !== undefined && current !== name) throw new Error(`the family ${name} is there twice`)
  const family = known ?? { type: undefined, help: undefined, unit: undefined }
  families.set(name, family)
  const rest = reader.rest()
  if (keyword === 'TYPE') family.type = rest
  else if (keyword === 'UNIT') family.unit = rest
  else if (keyword === 'HELP')
    family.help = rest.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  else throw new Error(`# ${keyword} is no metadata`)
  return name
}

function belongs(name: string, family: string): boolean {
  return (
    name.startsWith(family) &&
    /^(?:_(?:bucket|sum|count|gsum|gcount|total|created|info))?$/.test(name.slice(family.length))
  )
}

function readSample(reader: Reader, openMetrics: boolean): ReadSample {
  let name = reader.while(/[a-zA-Z0-9_:]*/y)
  const labels = new Map<string, string>()
  if (reader.skip('{')) name = readLabels(reader, labels, name)
  if (name === '') throw new Error('a sample without a name')
  reader.expect(' ')
  const value = readValue(reader)
  const stamp = /^ (-?[0-9.]+)(?= #|$)/.exec(reader.ahead())
  if (stamp !== null) reader.expect(stamp[0])
  let exemplar: ReadSample['exemplar']
  if (openMetrics && reader.skip(' # {')) {
    const exemplarLabels = new Map<string, string>()
    readLabels(reader, exemplarLabels, '-')
    reader.expect(' ')
    exemplar = { labels: exemplarLabels, value: readValue(reader) }
    reader.while(/[ 0-9.]*/y)
  }
  if (reader.rest() !== '') throw new Error(`something follows the sample ${name}`)
  const time = stamp?.[1] === undefined ? undefined : Number(stamp[1]) * (openMetrics ? 1000 : 1)
  return { name, labels, value, time, exemplar }
}

/** Reads up to the closing brace. A quoted text that no `=` follows is the name of the metric. */
function readLabels(reader: Reader, labels: Map<string, string>, given: string): string {
  let name = given
  while (!reader.skip('}')) {
    const quoted = reader.peek() === '"'
    const label = quoted ? reader.quoted() : reader.while(/[a-zA-Z0-9_]*/y)
    if (quoted && reader.peek() !== '=') {
      if (name !== '') throw new Error(`a second name: ${label}`)
      name = label
    } else {
      reader.expect('=')
      if (label === '' || labels.has(label)) throw new Error(`the label "${label}" is empty or there twice`)
      labels.set(label, reader.quoted())
    }
    if (!reader.skip(',') && reader.peek() !== '}') throw new Error('labels without a comma between them')
  }
  return name
}

function readValue(reader: Reader): number {
  const text = reader.while(/[-+.0-9a-zA-Z]*/y)
  const value = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN }[text] ?? Number(text)
  if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw new Error(`"${text}" is no value`)
  return value
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  peek(): string {
    return this.#text.charAt(this.#at)
  }

  ahead(): string {
    return this.#text.slice(this.#at)
  }

  skip(wanted: string): boolean {
    if (!this.#text.startsWith(wanted, this.#at)) return false
    this.#at += wanted.length
    return true
  }

  expect(wanted: string): void {
    if (!this.skip(wanted)) throw new Error(`expected "${wanted}" at ${this.#at} of: ${this.#text}`)
  }

  /** Takes the longest text that a pattern (sticky) matches here. */
  while(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [text = ''] = pattern.exec(this.#text) ?? []
    this.#at += text.length
    return text
  }

  until(end: string): string {
    const start = this.#at
    while (this.#at < this.#text.length && this.peek() !== end) this.#at++
    return this.#text.slice(start, this.#at)
  }

  rest(): string {
    const rest = this.ahead()
    this.#at = this.#text.length
    return rest
  }

  quoted(): string {
    this.expect('"')
    let value = ''
    for (;;) {
      value += this.while(/[^"\\]*/y)
      if (this.skip('"')) return value
      this.expect('\\')
      value += { n: '\n', '"': '"', '\\': '\\' }[this.peek()] ?? `\\${this.peek()}`
      this.#at++
    }
  }
}
