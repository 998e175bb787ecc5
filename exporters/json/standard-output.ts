import type { Writable } from 'node:stream'
import type { Output, Written } from './output.ts'

/** Standard output, or another stream. It waits until the reader takes the data. */
export class StandardOutput implements Output {
  readonly #stream: Writable
  readonly #ignoreError = (): void => undefined

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream
  }

  async open(): Promise<void> {
    // A reader that goes away shows in the write; the event would end the process.
    this.#stream.off('error', this.#ignoreError).on('error', this.#ignoreError)
    await Promise.resolve()
  }

  async write(chunks: readonly Buffer[]): Promise<Written> {
    const error = await new Promise<Error | null | undefined>((resolve) => {
      this.#stream.write(Buffer.concat(chunks), resolve)
    })
    return error === null || error === undefined ? { whole: chunks.length } : { whole: 0, error }
  }

  async sync(): Promise<void> {
    await Promise.resolve()
  }

  async takeBack(): Promise<void> {
    await Promise.resolve()
  }

  async close(): Promise<void> {
    this.#stream.off('error', this.#ignoreError)
    await Promise.resolve()
  }
}
