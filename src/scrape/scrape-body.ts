import { STATUS_CODES } from 'node:http'
import type { BodySink } from '#src/http/client/answer-body.ts'
import type { ResponseHead } from '#src/http/client/response-head.ts'
import type { ExpositionReader } from '#src/text/exposition-reader.ts'
import { ScrapeFailure } from './scrape-failure.ts'
import { formatOfContentType, scrapeProtocols, type ScrapeProtocol } from './scrape-protocol.ts'

/** Takes the body of one scrape off the wire, into the reader of its target. */
export class ScrapeBody implements BodySink {
  readonly #reader: ExpositionReader
  readonly #fallback: ScrapeProtocol | undefined
  #contentType: string | undefined
  #known = false
  /** Whether the reader has begun. */
  begun = false

  constructor(reader: ExpositionReader, fallback: ScrapeProtocol | undefined) {
    this.#reader = reader
    this.#fallback = fallback
  }

  begin({ status, headers }: ResponseHead): void {
    if (status !== 200) throw wrongStatus(status)
    this.#contentType = headers.get('content-type')
    const format =
      formatOfContentType(this.#contentType) ??
      (this.#fallback === undefined ? undefined : scrapeProtocols[this.#fallback].format)
    this.#known = format !== undefined
    this.begun = true
    this.#reader.begin(format ?? 'text-0.0.4')
  }

  chunk(buffer: Uint8Array, from: number, to: number): void {
    // An empty body needs no type.
    if (!this.#known && to > from) throw unknownType(this.#contentType)
    this.#reader.feed(buffer, from, to)
  }

  end(): void {
    this.#reader.end()
  }
}

/** The failure of a scrape that was answered with another status than 200. */
export function wrongStatus(status: number): ScrapeFailure {
  const words = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  return new ScrapeFailure('http_status', `the target answered with HTTP status ${words}`)
}

function unknownType(contentType: string | undefined): ScrapeFailure {
  const what =
    contentType === undefined
      ? 'the answer has no Content-Type'
      : `the Content-Type ${JSON.stringify(contentType.slice(0, 100))} of the answer is none of an exposition`
  return new ScrapeFailure(
    'unknown_content_type',
    `${what}: fallback_scrape_protocol can name the format to take it for`,
  )
}
