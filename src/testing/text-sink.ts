import type { BodySink } from '#src/http/client/answer-body.ts'
import type { ResponseHead } from '#src/http/client/response-head.ts'

/** Keeps a body as text, one character a byte, and what was called in what order. */
export class TextSink implements BodySink {
  text = ''
  head: ResponseHead | undefined
  readonly calls: string[] = []

  begin(head: ResponseHead): void {
    this.head = head
    this.calls.push('begin')
  }

  chunk(buffer: Uint8Array, from: number, to: number): void {
    this.text += Buffer.from(buffer.subarray(from, to)).toString('latin1')
    if (this.calls.at(-1) !== 'chunk') this.calls.push('chunk')
  }

  end(): void {
    this.calls.push('end')
  }
}
