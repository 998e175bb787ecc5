import { combine, hashTexts, identityHash, type Hash64 } from './hash.ts'

/**
 * The value of one attribute, as OTLP's AnyValue: a bigint is its `int`, a number its `double`. A label is an
 * attribute whose value is a string.
 */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>

/** Attributes as a flat list: key, value, key, value. */
export type AttributeList = readonly AttributeValue[]

/**
 * A set of attributes, sorted by key. Those of series are interned: all series of the process that bear the same
 * attributes share one set, so that what an encoder caches per set is computed once. Its owner gives it back with
 * `releaseAttributes`.
 */
export class AttributeSet implements Hash64 {
  /** Key, value, key, value; keys ascend by their UTF-8 bytes. */
  readonly entries: AttributeList
  readonly high: number
  readonly low: number
  /** How many owners hold it: the intern table's business. */
  references = 0
  /** The next set at the same place of the intern table. */
  next: AttributeSet | undefined = undefined

  constructor(entries: AttributeList, hash: Hash64) {
    this.entries = entries
    this.high = hash.high
    this.low = hash.low
  }

  /** The number of attributes. */
  get size(): number {
    return this.entries.length / 2
  }

  /** The value of an attribute, undefined where there is none. */
  get(key: string): AttributeValue | undefined {
    const { entries } = this
    for (let index = 0; index < entries.length; index += 2) {
      if (entries[index] === key) return entries[index + 1]
    }
    return undefined
  }

  /** The attributes as a plain iteration of pairs. */
  *[Symbol.iterator](): Generator<readonly [key: string, value: AttributeValue]> {
    const { entries } = this
    for (let index = 0; index < entries.length; index += 2) {
      yield [entries[index] as string, entries[index + 1] as AttributeValue]
    }
  }
}

/** Orders texts by their UTF-8 bytes, as Prometheus and protobuf do: UTF-16 order differs only around surrogates. */
export function compareBytewise(first: string, second: string): number {
  const length = Math.min(first.length, second.length)
  for (let index = 0; index < length; index++) {
    let a = first.charCodeAt(index)
    let b = second.charCodeAt(index)
    if (a === b) continue
    // Surrogates stand for code points above U+FFFF, so they sort after U+E000 to U+FFFF.
    if (a >= 0xd800 && b >= 0xd800) {
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000
    }
    return a - b
  }
  return first.length - second.length
}

/** Whether two attribute values are the same, type included: `1` (a double) and `1n` (an int) are not. */
export function sameValue(first: AttributeValue, second: AttributeValue): boolean {
  if (typeof first !== 'object' || typeof second !== 'object') return Object.is(first, second)
  return valueText(first) === valueText(second)
}

/** A text that is the same for equal values, and only for those. */
function valueText(value: AttributeValue): string {
  if (typeof value === 'string') return `\u0000s${value}`
  if (typeof value === 'boolean') return `\u0000b${value}`
  if (typeof value === 'number') return `\u0000d${Object.is(value, -0) ? '-0' : value}`
  if (typeof value === 'bigint') return `\u0000i${value}`
  if (value instanceof Uint8Array) return `\u0000x${Buffer.from(value).toString('base64')}`
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<string, AttributeValue>)]
    return `\u0000m${pairs.map(([key, inner]) => measured(key) + measured(valueText(inner))).join('')}`
  }
  return `\u0000a${(value as readonly AttributeValue[]).map((inner) => measured(valueText(inner))).join('')}`
}

/** A text with its length before it: quoting would grow with every list in a list. */
function measured(text: string): string {
  return `${text.length}:${text}`
}

/** The hash of attributes in the order given: of this thread and this start. */
export function hashAttributes(list: AttributeList): Hash64 {
  return identityHash(textsOf(list))
}

/** A number of 32 bits for a set that is the same in every thread, process and version. */
export function stableHash({ entries }: AttributeSet): number {
  return hashTexts(textsOf(entries)).low >>> 0
}

function textsOf(list: AttributeList): readonly string[] {
  const allTexts = list.every((entry) => typeof entry === 'string')
  return allTexts ? list : list.map((entry) => (typeof entry === 'string' ? entry : valueText(entry)))
}

/** A list of its own in the order of its keys; of two equal keys the last counts. */
export function sortAttributes(list: AttributeList): AttributeValue[] {
  const { length } = list
  let inOrder = true
  for (let index = 2; index < length && inOrder; index += 2) {
    inOrder = compareBytewise(list[index - 2] as string, list[index] as string) < 0
  }
  if (inOrder) return list.slice()
  const last = new Map<string, AttributeValue>()
  for (let index = 0; index < length; index += 2)
    last.set(list[index] as string, list[index + 1] as AttributeValue)
  // What `flat` makes grows as it is made, and has room for more, which sets would keep for life.
  return [...last]
    .toSorted((a, b) => compareBytewise(a[0], b[0]))
    .flat()
    .slice()
}

/** Whether two lists say the same in the same order. */
export function sameEntries(first: AttributeList, second: AttributeList): boolean {
  if (first.length !== second.length) return false
  for (let index = 0; index < first.length; index++) {
    if (!sameValue(first[index] as AttributeValue, second[index] as AttributeValue)) return false
  }
  return true
}

/** Texts that are remembered so that sets share them, and how long they may be: 16 MiB at most. */
const sharedTexts = { most: 65_536, longest: 256 } as const
let texts = new Map<string, string>()

/**
 * A text that other sets bear, rather than one more copy of it. It forgets all of them now and then, so that none need be given
 * back: what is in use soon has a copy that is shared again.
 */
function share(text: string): string {
  const shared = texts.get(text)
  if (shared !== undefined) return shared
  if (text.length > sharedTexts.longest) return text
  if (texts.size >= sharedTexts.most) texts = new Map()
  texts.set(text, text)
  return text
}

const fewestPlaces = 1024

/**
 * All interned sets: chains by the low half of their hash, with at least as many places as there are sets, and a power of two of
 * them. A `Map` of the same takes three times the memory, which counts by the million.
 */
let places = emptyPlaces(fewestPlaces)
let setCount = 0

function emptyPlaces(count: number): (AttributeSet | undefined)[] {
  return Array.from({ length: count })
}

function placeOf({ low }: Hash64): number {
  return low & (places.length - 1)
}

function spreadOver(count: number): void {
  const before = places
  places = emptyPlaces(count)
  for (const first of before) {
    let set = first
    while (set !== undefined) {
      const { next } = set
      const place = placeOf(set)
      set.next = places[place]
      places[place] = set
      set = next
    }
  }
}

/**
 * The shared set of these attributes; the caller owns one reference and gives it back with `releaseAttributes`.
 * Keys may come in any order; of two equal keys the last counts.
 */
export function internAttributes(list: AttributeList): AttributeSet {
  const entries = sortAttributes(list)
  const hash = hashAttributes(entries)
  const place = placeOf(hash)
  const first = places[place]
  for (let set = first; set !== undefined; set = set.next) {
    if (set.low === hash.low && set.high === hash.high && sameEntries(set.entries, entries))
      return retainAttributes(set)
  }
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]
    if (typeof entry === 'string') entries[index] = share(entry)
  }
  const set = new AttributeSet(entries, hash)
  set.next = first
  places[place] = set
  if (++setCount > places.length) spreadOver(places.length * 2)
  return retainAttributes(set)
}

/**
 * A set outside of the table, which goes when its last holder goes: for what is made seldom and has no place at which
 * a reference could be given back. It equals an interned one by `sameAttributes`.
 */
export function ownAttributes(list: AttributeList): AttributeSet {
  const entries = sortAttributes(list)
  return new AttributeSet(entries, hashAttributes(entries))
}

/** Whether two sets hold the same; one of them may be outside of the table. */
export function sameAttributes(first: AttributeSet, second: AttributeSet): boolean {
  if (first === second) return true
  return first.high === second.high && first.low === second.low && sameEntries(first.entries, second.entries)
}

/** Takes one more reference to a set. */
export function retainAttributes(set: AttributeSet): AttributeSet {
  set.references++
  return set
}

/** Gives one reference back; the last one removes the set from the table. */
export function releaseAttributes(set: AttributeSet): void {
  if (--set.references > 0) return
  const place = placeOf(set)
  if (places[place] === set) places[place] = set.next
  else {
    let before = places[place]
    while (before !== undefined && before.next !== set) before = before.next
    if (before === undefined) return
    before.next = set.next
  }
  set.next = undefined
  setCount--
  if (places.length > fewestPlaces && setCount < places.length / 8) spreadOver(places.length / 2)
}

/** How many sets the table of this thread holds: what a test watches for leaks, and what `/status` prints. */
export function internedSets(): number {
  return setCount
}

/** The set without attributes; it is never removed. */
export const noAttributes: AttributeSet = internAttributes([])

/** The hash of a set and a text together. */
export function hashWith(set: AttributeSet, ...more: string[]): Hash64 {
  return combine(set, identityHash(more))
}
