import type { BodySink } from '#src/http/client/answer-body.ts'
import { asObject, type KubernetesObject } from './object.ts'
import { ObjectSplitter } from './object-splitter.ts'
import { TableRows, type Table } from './table.ts'

/** What a list says beside its items. */
export interface ListMeta {
  readonly resourceVersion: string
  /** What to ask for the next page with; undefined on the last. */
  readonly continue: string | undefined
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c

/** Bytes of what is around the items. */
const frameLimit = 1_048_576
const itemsKey = /"(items|rows)"\s*:\s*$/

/**
 * Reads the list that an API server answers with: each item is parsed by itself and handed on, so that the list is never in
 * memory as a whole. What is around the items is kept, and parsed at the end: `metadata` may stand before or after them. The
 * rows of a table are items too.
 */
export class ListBody implements BodySink {
  readonly #found: (object: KubernetesObject) => void
  readonly #splitter = new ObjectSplitter()
  #frame = ''
  #depth = 0
  #inString = false
  #escaped = false
  #inItems = false
  /** Where the items are rows of a table. */
  #rows: TableRows | undefined
  #meta: ListMeta | undefined
  /** Items so far. */
  items = 0

  /** @param found takes each item */
  constructor(found: (object: KubernetesObject) => void) {
    this.#found = found
  }

  /** What the list said, once it is complete. */
  get meta(): ListMeta {
    if (this.#meta === undefined) throw new Error('the list is not complete')
    return this.#meta
  }

  begin(): void {}

  chunk(bytes: Uint8Array, from: number, to: number): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    while (at < to) at = this.#inItems ? this.#item(buffer, at, to) : this.#around(buffer, at, to)
  }

  end(): void {
    const frame = parsed(this.#frame, 'the list')
    const { metadata } = (frame ?? {}) as { readonly metadata?: unknown }
    const { resourceVersion, continue: next } = (metadata ?? {}) as Readonly<Record<string, unknown>>
    if (this.#inItems || typeof resourceVersion !== 'string')
      throw new Error('the API server answered with something that is no list')
    this.#meta = { resourceVersion, continue: typeof next === 'string' && next !== '' ? next : undefined }
  }

  /** Reads on in the list of items, or in one of them. */
  #item(buffer: Buffer, from: number, to: number): number {
    let at = from
    while (!this.#splitter.inside) {
      const byte = buffer[at]
      if (byte === openBrace) break
      if (byte === closeBracket) {
        this.#inItems = false
        return at
      }
      if (byte !== comma && !isSpace(byte))
        throw new Error('an item of a list of the API server is no object')
      if (++at === to) return to
    }
    return this.#splitter.read(buffer, at, to, (text) => {
      this.items++
      const item = parsed(text, 'an item')
      this.#found(asObject(this.#rows === undefined ? item : this.#rows.object(item)))
    })
  }

  /** Reads what is around the items, up to their beginning. */
  #around(buffer: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = buffer[at]
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === backslash) this.#escaped = true
        else if (byte === quote) this.#inString = false
      } else if (byte === quote) this.#inString = true
      else if (byte === closeBrace || byte === closeBracket) this.#depth--
      else if (byte === openBrace || byte === openBracket) {
        this.#depth++
        if (byte !== openBracket || this.#depth !== 2) continue
        this.#keep(buffer, from, at)
        const [, key] = itemsKey.exec(this.#frame.slice(-64)) ?? []
        this.#keep(buffer, at, at + 1)
        this.#inItems = key !== undefined
        if (key === 'rows') this.#beginRows()
        return at + 1
      }
    }
    this.#keep(buffer, from, to)
    return to
  }

  /** The columns of a table stand before its rows. */
  #beginRows(): void {
    this.#rows = new TableRows()
    this.#rows.define(parsed(`${this.#frame}]}`, 'the list') as Table)
  }

  /** As latin1: only its structure and ASCII values are used, and characters may be cut. */
  #keep(buffer: Buffer, from: number, to: number): void {
    this.#frame += buffer.toString('latin1', from, to)
    if (this.#frame.length > frameLimit)
      throw new Error('a list of the API server says too much around its items')
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Parses JSON; the error names what it is of, and nothing of its contents, which JSON.parse would quote. */
export function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${what} from the API server is no JSON`)
  }
}
