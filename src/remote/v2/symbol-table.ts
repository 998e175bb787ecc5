import { ByteTable, longer } from '../byte-table.ts'
import type { LabelDictionary } from '../label-dictionary.ts'
import { varintLength, writeVarint } from '../varint.ts'

interface Label {
  readonly label: number
  readonly name: string
  readonly value: string
  references: number
}

/**
 * Distinct texts, each as the bytes that remote write 2.0 has for it (field 4 of a Request), and labels as pairs of them. The
 * empty text is symbol 0, as in every request.
 */
export class SymbolTable implements LabelDictionary {
  scratch: Int32Array<ArrayBuffer> = new Int32Array(64)
  /** By symbol: its bytes. */
  readonly pieces = new ByteTable()
  /** By label: the symbols of its name and its value. */
  names: Int32Array<ArrayBuffer> = new Int32Array(256)
  values: Int32Array<ArrayBuffer> = new Int32Array(256)
  readonly #symbols = new Map<string, number>()
  /** By symbol: its text, and how often it is held. */
  readonly #texts: (string | undefined)[] = []
  #references: Int32Array<ArrayBuffer> = new Int32Array(256)
  readonly #labels: (Label | undefined)[] = []
  readonly #byName = new Map<string, Map<string, Label>>()
  readonly #free: number[] = []

  constructor() {
    this.retainText('')
  }

  /** The number of labels that are held. */
  get size(): number {
    return this.#labels.length - this.#free.length
  }

  /** The number of texts that are held, the empty one among them. */
  get textCount(): number {
    return this.#symbols.size
  }

  /** The symbol of a text, which is held once more. */
  retainText(text: string): number {
    let symbol = this.#symbols.get(text)
    if (symbol === undefined) {
      const length = Buffer.byteLength(text)
      symbol = this.pieces.add(1 + varintLength(length) + length, (bytes, position) => {
        bytes[position] = 0x22
        bytes.write(text, writeVarint(bytes, length, position + 1), 'utf8')
      })
      this.#symbols.set(text, symbol)
      this.#texts[symbol] = text
      if (symbol >= this.#references.length) this.#references = longer(this.#references, symbol + 1)
    }
    this.holdText(symbol)
    return symbol
  }

  /** Holds a text once more. */
  holdText(symbol: number): void {
    this.#references[symbol] = (this.#references[symbol] ?? 0) + 1
  }

  /** Gives one hold of a text back. */
  releaseText(symbol: number): void {
    const left = (this.#references[symbol] ?? 0) - 1
    this.#references[symbol] = left
    const text = this.#texts[symbol]
    if (left > 0 || text === undefined) return
    this.#symbols.delete(text)
    this.#texts[symbol] = undefined
    this.pieces.remove(symbol)
  }

  retain(name: string, value: string): number {
    let byValue = this.#byName.get(name)
    if (byValue === undefined) {
      byValue = new Map()
      this.#byName.set(name, byValue)
    }
    let label = byValue.get(value)
    if (label === undefined) {
      label = { label: this.#free.pop() ?? this.#labels.length, name, value, references: 0 }
      byValue.set(value, label)
      this.#labels[label.label] = label
      if (label.label >= this.names.length) {
        this.names = longer(this.names, label.label + 1)
        this.values = longer(this.values, label.label + 1)
      }
      this.names[label.label] = this.retainText(name)
      this.values[label.label] = this.retainText(value)
    }
    label.references++
    return label.label
  }

  hold(label: number): void {
    const held = this.#labels[label]
    if (held !== undefined) held.references++
  }

  release(label: number): void {
    const held = this.#labels[label]
    if (held === undefined || --held.references > 0) return
    this.#labels[label] = undefined
    this.#free.push(label)
    const byValue = this.#byName.get(held.name)
    byValue?.delete(held.value)
    if (byValue?.size === 0) this.#byName.delete(held.name)
    this.releaseText(this.names[label] ?? 0)
    this.releaseText(this.values[label] ?? 0)
  }

  sizeOf(label: number): number {
    const { lengths } = this.pieces
    return 4 + (lengths[this.names[label] ?? 0] ?? 0) + (lengths[this.values[label] ?? 0] ?? 0)
  }
}
