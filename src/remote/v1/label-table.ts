import { ByteTable, longer } from '../byte-table.ts'
import type { LabelDictionary } from '../label-dictionary.ts'
import { varintLength, writeVarint } from '../varint.ts'

interface Entry {
  readonly label: number
  readonly name: string
  readonly value: string
  references: number
}

/** Distinct labels, each as the bytes that remote write 1.0 has for it: field 1 of a time series, the message Label. */
export class LabelTable implements LabelDictionary {
  scratch: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By label: its bytes. */
  readonly pieces = new ByteTable()
  /** By label: a number that an encoder keeps, 0 at first: where it wrote the label last. */
  marks: Int32Array<ArrayBuffer> = new Int32Array(256)
  readonly #entries: (Entry | undefined)[] = []
  readonly #byName = new Map<string, Map<string, Entry>>()

  /** The number of labels that are held. */
  get size(): number {
    return this.pieces.size
  }

  retain(name: string, value: string): number {
    let byValue = this.#byName.get(name)
    if (byValue === undefined) {
      byValue = new Map()
      this.#byName.set(name, byValue)
    }
    let entry = byValue.get(value)
    if (entry === undefined) {
      entry = { label: this.#write(name, value), name, value, references: 0 }
      byValue.set(value, entry)
      this.#entries[entry.label] = entry
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
    this.pieces.remove(label)
    const byValue = this.#byName.get(entry.name)
    byValue?.delete(entry.value)
    if (byValue?.size === 0) this.#byName.delete(entry.name)
  }

  sizeOf(label: number): number {
    return this.pieces.lengths[label] ?? 0
  }

  #write(name: string, value: string): number {
    const nameLength = Buffer.byteLength(name)
    const valueLength = Buffer.byteLength(value)
    const length = 2 + varintLength(nameLength) + nameLength + varintLength(valueLength) + valueLength
    const label = this.pieces.add(1 + varintLength(length) + length, (bytes, position) => {
      bytes[position] = 0x0a
      let at = writeVarint(bytes, length, position + 1)
      bytes[at] = 0x0a
      at = writeVarint(bytes, nameLength, at + 1)
      at += bytes.write(name, at, 'utf8')
      bytes[at] = 0x12
      at = writeVarint(bytes, valueLength, at + 1)
      bytes.write(value, at, 'utf8')
    })
    if (label >= this.marks.length) this.marks = longer(this.marks, label + 1)
    this.marks[label] = 0
    return label
  }
}
