import type { BodySink } from './answer-body.ts'

/** A sink that keeps a body, for answers that are used as a whole. Bound them by `bodySizeLimit`. */
export class CollectedBody implements BodySink {
  #parts: Buffer[] = []

  begin(): void {
    this.#parts = []
  }

  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.#parts.push(Buffer.from(buffer.subarray(from, to)))
  }

  end(): void {}

  /** The body as UTF-8; invalid bytes are replaced. */
  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8')
  }
}
