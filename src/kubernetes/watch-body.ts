import type { BodySink } from '#src/http/client/answer-body.ts'
import { apiErrorOfStatus } from './api-error.ts'
import { parsed } from './list-body.ts'
import { asObject, type KubernetesObject } from './object.ts'
import { ObjectSplitter } from './object-splitter.ts'
import { isTable, TableRows } from './table.ts'

/** What a watch tells. */
export interface WatchEvents {
  /** An object is there, or has changed. */
  set(object: KubernetesObject): void
  /** An object is gone, or no longer selected; this is its last state. */
  delete(object: KubernetesObject): void
  /** All up to this version was told. */
  bookmark(resourceVersion: string, endsInitialEvents: boolean): void
}

const openBrace = 0x7b
/** Of the bookmark that ends the initial events of a streaming list (KEP-3157). */
const initialEventsEnd = 'k8s.io/initial-events-end'

/**
 * Reads the frames of a watch, wherever their bytes are cut. A frame of type ERROR ends it with an {@link ApiError}; what is
 * not understood is an error too, since what was missed is not known then.
 */
export class WatchBody implements BodySink {
  readonly #events: WatchEvents
  readonly #splitter = new ObjectSplitter()
  readonly #rows = new TableRows()

  constructor(events: WatchEvents) {
    this.#events = events
  }

  begin(): void {}

  chunk(bytes: Uint8Array, from: number, to: number): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    while (at < to) {
      if (!this.#splitter.inside && buffer[at] !== openBrace) {
        const byte = buffer[at] ?? 0
        if (byte > 0x20) throw new Error('a watch of the API server sends something that is no object')
        at++
        continue
      }
      at = this.#splitter.read(buffer, at, to, (text) => this.#frame(parsed(text, 'a frame of a watch')))
    }
  }

  /** Also in the midst of a frame: what it would have told comes again, since its version was not seen. */
  end(): void {}

  #frame(frame: unknown): void {
    const { type, object: told } = frame as { readonly type?: unknown; readonly object?: unknown }
    const object = isTable(told) ? this.#rows.only(told) : told
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        return this.#events.set(asObject(object))
      case 'DELETED':
        return this.#events.delete(asObject(object))
      case 'BOOKMARK':
        return this.#bookmark(object)
      case 'ERROR':
        throw apiErrorOfStatus(object)
      default:
        throw new Error('a watch of the API server sends a frame of an unknown type')
    }
  }

  #bookmark(object: unknown): void {
    const { metadata } = (object ?? {}) as { readonly metadata?: unknown }
    const { resourceVersion, annotations } = (metadata ?? {}) as Readonly<Record<string, unknown>>
    if (typeof resourceVersion !== 'string') throw new Error('a bookmark of the API server has no version')
    const marks = (annotations ?? {}) as Readonly<Record<string, unknown>>
    this.#events.bookmark(resourceVersion, marks[initialEventsEnd] === 'true')
  }
}
