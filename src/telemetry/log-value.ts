import { Secret } from '#src/config/secret.ts'

/** What a field of a log line may hold once it is made plain: everything that JSON has a word for. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainObject

interface PlainObject {
  readonly [key: string]: PlainValue
}

const longestText = 1024
const mostEntries = 32
const deepest = 4
const longestChain = 5

/**
 * Makes any value plain, bounded in length, number of entries and depth. A `Secret` becomes its placeholder wherever
 * it is; what throws when it is read says so.
 */
export function plainValue(value: unknown, depth = 0): PlainValue {
  switch (typeof value) {
    case 'string':
      return shorten(value)
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object':
      return value === null ? null : plainObject(value, depth)
    case 'bigint':
    case 'undefined':
    case 'symbol':
      return shorten(String(value))
    case 'function':
      return `function ${value.name}`
    default:
      return typeof value
  }
}

function plainObject(value: object, depth: number): PlainValue {
  if (value instanceof Secret) return value.toJSON()
  if (value instanceof Error) return shorten(describeError(value))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (depth >= deepest) return '...'
  if (value instanceof Map) return plainEntries(value, value.size, depth)
  if (value instanceof Set) return plainList(value, value.size, depth)
  if (Array.isArray(value)) return plainList(value, value.length, depth)
  const keys = Object.keys(value)
  return plainEntries(
    keys.map((key) => [key, readProperty(value, key)] as const),
    keys.length,
    depth,
  )
}

function readProperty(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return 'unreadable'
  }
}

function plainEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  size: number,
  depth: number,
): PlainObject {
  const plain: [string, PlainValue][] = []
  for (const [key, value] of entries) {
    if (plain.length === mostEntries) break
    if (value !== undefined) plain.push([shorten(textOf(key)), plainValue(value, depth + 1)])
  }
  if (size > mostEntries) plain.push(['...', size - mostEntries])
  // As properties of their own: a key such as __proto__ is data.
  return Object.fromEntries(plain)
}

function plainList(items: Iterable<unknown>, size: number, depth: number): PlainValue[] {
  const plain: PlainValue[] = []
  for (const item of items) {
    if (plain.length === mostEntries) break
    plain.push(plainValue(item, depth + 1))
  }
  if (size > mostEntries) plain.push(`... ${size - mostEntries} more`)
  return plain
}

/** The message of an error with the messages of its causes, outermost first. One that its outer repeats is left out. */
export function describeError(error: unknown): string {
  let text = messageOf(error)
  let cause: unknown = causeOf(error)
  for (let link = 1; link < longestChain && cause !== undefined; link++) {
    const message = messageOf(cause)
    if (!text.includes(message)) text += `: ${message}`
    cause = causeOf(cause)
  }
  return text
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error)
  return error.message === '' ? error.name : error.message
}

function textOf(value: unknown): string {
  const plain = plainValue(value)
  return typeof plain === 'string' ? plain : JSON.stringify(plain)
}

function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0]
  return error instanceof Error ? error.cause : undefined
}

/** The code of an error, or of the first of its causes that has one. */
export function errorCode(error: unknown): string | undefined {
  let link: unknown = error
  for (let count = 0; count < longestChain && link instanceof Error; count++) {
    if ('code' in link && (typeof link.code === 'string' || typeof link.code === 'number')) {
      return String(link.code)
    }
    link = causeOf(link)
  }
  return undefined
}

/** Cuts a text, and says how much is left out. */
export function shorten(text: string, length = longestText): string {
  return text.length <= length ? text : `${text.slice(0, length)}... ${text.length - length} more`
}
