import { viewOf } from './part-table.ts'

const newline = 0x0a
const space = 0x20
const quote = 0x22
const backslash = 0x5c
const letterN = 0x6e

/** Writes a line byte by byte into a buffer that grows and is used again. */
export class LineBuffer {
  /** Both are replaced when it grows. */
  bytes: Buffer = Buffer.from(new ArrayBuffer(1024))
  view: DataView = viewOf(this.bytes)
  length = 0

  clear(): void {
    this.length = 0
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.bytes[this.length++] = byte
  }

  /** Appends text that is all ASCII. */
  ascii(text: string): void {
    this.#reserve(text.length)
    for (let index = 0; index < text.length; index++) this.bytes[this.length++] = text.charCodeAt(index)
  }

  /** Appends bytes as they are. */
  raw(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from)
    if (to - from > 32) this.length += bytes.copy(this.bytes, this.length, from, to)
    else for (let at = from; at < to; at++) this.bytes[this.length++] = bytes[at] ?? space
  }

  /** Appends bytes with backslashes before what ends or would change a quoted text. */
  escaped(bytes: Buffer, from: number, to: number): void {
    this.#reserve((to - from) * 2)
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? space
      if (byte === newline || byte === quote || byte === backslash) {
        this.bytes[this.length++] = backslash
        this.bytes[this.length++] = byte === newline ? letterN : byte
      } else this.bytes[this.length++] = byte
    }
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes
    if (needed <= this.bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(needed * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
    this.view = viewOf(larger)
  }
}
