/** A label as an encoder keeps it, by a number that is its own while somebody holds it. */
export interface LabelDictionary {
  /** The number of a label, which is held once more. */
  retain(name: string, value: string): number
  /** Holds a label once more. */
  hold(label: number): void
  /** Gives one hold back; the last one frees the number. */
  release(label: number): void
}

interface Entry {
  readonly label: number
  readonly name: string
  readonly value: string
  references: number
}

/** Dead bytes below this are not worth a compaction. */
const leastDead = 1 << 16

/**
 * Distinct labels, each as the bytes that remote write 1.0 has for it: field 1 of a time series, the message Label. The
 * bytes lie in one buffer, since a Buffer of its own costs 200 bytes each.
 */
export class LabelTable implements LabelDictionary {
  /** Where the bytes of all labels are; another buffer after it grew or was compacted. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 14)
  /** By label: where its bytes begin. */
  offsets: Int32Array = new Int32Array(256)
  /** By label: how many they are. */
  lengths: Int32Array = new Int32Array(256)
  /** By label: a number that an encoder keeps, 0 at first: where it wrote the label last. */
  marks: Int32Array = new Int32Array(256)
  readonly #entries: (Entry | undefined)[] = []
  readonly #byName = new Map<string, Map<string, Entry>>()
  readonly #free: number[] = []
  #end = 0
  #dead = 0

  /** The number of labels that are held. */
  get size(): number {
    return this.#entries.length - this.#free.length
  }

  retain(name: string, value: string): number {
    let byValue = this.#byName.get(name)
    if (byValue === undefined) {
      byValue = new Map()
      this.#byName.set(name, byValue)
    }
    let entry = byValue.get(value)
    if (entry === undefined) {
      entry = { label: this.#free.pop() ?? this.#entries.length, name, value, references: 0 }
      byValue.set(value, entry)
      this.#entries[entry.label] = entry
      this.#write(entry)
    }
    entry.references++
    return entry.label
  }

  hold(label: number): void {
    const entry = this.#entries[label]
    if (entry !== undefined) entry.references++
  }

  release(label: number): void {
    const entry = this.#entries[label]
    if (entry === undefined || --entry.references > 0) return
    this.#entries[label] = undefined
    this.#free.push(label)
    const byValue = this.#byName.get(entry.name)
    byValue?.delete(entry.value)
    if (byValue?.size === 0) this.#byName.delete(entry.name)
    this.#dead += this.lengths[label] ?? 0
    if (this.#dead > leastDead && this.#dead * 2 > this.#end) this.#compact()
  }

  #write({ label, name, value }: Entry): void {
    const nameLength = Buffer.byteLength(name)
    const valueLength = Buffer.byteLength(value)
    const length = 2 + varintLength(nameLength) + nameLength + varintLength(valueLength) + valueLength
    const whole = 1 + varintLength(length) + length
    this.#reserve(label, whole)
    const { bytes } = this
    this.offsets[label] = this.#end
    this.lengths[label] = whole
    this.marks[label] = 0
    let at = writeVarint(bytes, length, this.#end + 1)
    bytes[this.#end] = 0x0a
    bytes[at] = 0x0a
    at = writeVarint(bytes, nameLength, at + 1)
    at += bytes.write(name, at, 'utf8')
    bytes[at] = 0x12
    at = writeVarint(bytes, valueLength, at + 1)
    this.#end = at + bytes.write(value, at, 'utf8')
  }

  #reserve(label: number, length: number): void {
    if (label >= this.offsets.length) {
      this.offsets = longer(this.offsets)
      this.lengths = longer(this.lengths)
      this.marks = longer(this.marks)
    }
    const needed = this.#end + length
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length + (this.bytes.length >> 1)))
    this.bytes.copy(bytes, 0, 0, this.#end)
    this.bytes = bytes
  }

  #compact(): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(1 << 14, this.#end - this.#dead))
    let end = 0
    for (const entry of this.#entries) {
      if (entry === undefined) continue
      const from = this.offsets[entry.label] ?? 0
      this.offsets[entry.label] = end
      end += this.bytes.copy(bytes, end, from, from + (this.lengths[entry.label] ?? 0))
    }
    this.bytes = bytes
    this.#end = end
    this.#dead = 0
  }
}

function longer(array: Int32Array): Int32Array {
  const copy = new Int32Array(array.length * 2)
  copy.set(array)
  return copy
}

/** How many bytes a whole number below 2^35 takes as a varint. */
export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest /= 128) length++
  return length
}

/** Writes a whole number from 0 to 2^53 as a varint. @returns the position behind it */
export function writeVarint(bytes: Uint8Array, value: number, position: number): number {
  let at = position
  let rest = value
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[at++] = rest
  return at
}
