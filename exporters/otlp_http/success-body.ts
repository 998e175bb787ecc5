import type { BodySink } from '#src/http/client/answer-body.ts'

/** What an answer may have at most, in bytes; more is read, and not kept. */
const maxBytes = 65_536

/** The body of a success: small, unless somebody else answers. */
export class SuccessBody implements BodySink {
  #parts: Buffer[] = []
  #length = 0

  begin(): void {
    this.#parts = []
    this.#length = 0
  }

  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.#length += to - from
    if (this.#length <= maxBytes) this.#parts.push(Buffer.from(buffer.subarray(from, to)))
  }

  end(): void {
    // It is asked for by `bytes`.
  }

  /** The body; undefined where it was too long. */
  get bytes(): Buffer | undefined {
    return this.#length > maxBytes ? undefined : Buffer.concat(this.#parts)
  }
}
