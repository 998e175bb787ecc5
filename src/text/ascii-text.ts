/** Texts up to this length are remembered. */
const longest = 48
const places = 1024

/** The bytes, lengths and strings of the texts that were made last, one for each place. */
const remembered = Buffer.alloc(places * longest)
const lengths = new Uint8Array(places)
const texts: string[] = Array.from({ length: places }, () => '')

/** Node's way to make a string of bytes, which `toString` reaches through three more calls. */
interface SlicedBuffer {
  latin1Slice(from: number, to: number): string
}

/**
 * The text of ASCII bytes. Names and values of labels come again and again, so short texts are looked up in a table of
 * the last ones first: that costs a third of making a string, and the same string is known by the tables that intern it.
 */
export function asciiText(bytes: Buffer, from: number, to: number): string {
  const length = to - from
  if (length > longest || length === 0) return length === 0 ? '' : latin1Text(bytes, from, to)
  const place = placeOf(bytes, from, length)
  const base = place * longest
  if (lengths[place] === length) {
    let same = 0
    while (same < length && remembered[base + same] === bytes[from + same]) same++
    if (same === length) return texts[place] ?? ''
  }
  const text = latin1Text(bytes, from, to)
  lengths[place] = length
  texts[place] = text
  for (let index = 0; index < length; index++) remembered[base + index] = bytes[from + index] ?? 0
  return text
}

/** Where a text is remembered: by its length and four of its bytes. */
function placeOf(bytes: Buffer, from: number, length: number): number {
  const first = bytes[from] ?? 0
  const second = bytes[from + (length >> 2)] ?? 0
  const third = bytes[from + (length >> 1)] ?? 0
  const last = bytes[from + length - 1] ?? 0
  return (Math.imul(first | (second << 8) | (third << 16) | (last << 24), 0x9e3779b1) >>> 22) ^ (length << 1)
}

/** The text of bytes, one character each. */
export function latin1Text(bytes: Buffer, from: number, to: number): string {
  return (bytes as unknown as SlicedBuffer).latin1Slice(from, to)
}
