import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#src/component/clock.ts'
import { negotiateEncoding, sendText, type ContentEncoding } from '#src/http/content-encoding.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { compressed } from './compression.ts'
import { Rendition, type Holding, type Reader } from './rendition.ts'
import { negotiate, type Representation } from './representation.ts'

/** What scrapes need of their exporter. */
export interface ScrapeSettings {
  readonly path: string
  readonly openMetrics: boolean
  readonly maxScrapes: number
  /** Writes what is there now, chunk by chunk; it yields to other work between chunks. */
  readonly write: (representation: Representation) => AsyncGenerator<Buffer, void>
  readonly pool: ChunkPool
  readonly clock: Clock
}

/** Past this, what slow readers have not taken yet leaves no room for more of them. */
const heldBytesLimit = 256 * 1024 * 1024

/** How old an exposition may be that another scrape joins. */
const joinableMs = 1000

interface Shared {
  readonly rendition: Rendition
  readonly since: number
}

/** Answers scrapes; those that ask for the same form at the same time share the work. */
export class Scrapes {
  readonly #settings: ScrapeSettings
  readonly #shared = new Map<string, Shared>()
  readonly #holding: Holding = { bytes: 0 }
  #running = 0

  constructor(settings: ScrapeSettings) {
    this.#settings = settings
  }

  /** Answers one request. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, openMetrics, maxScrapes } = this.#settings
    if ((request.url ?? '').split('?', 1)[0] !== path) {
      sendText(response, 404, `metrics are at ${path}\n`)
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      sendText(response, 405, 'only GET and HEAD are answered\n')
      return
    }
    const encoding = negotiateEncoding(request.headers['accept-encoding'])
    if (encoding === undefined) {
      sendText(response, 406, 'none of the encodings of Accept-Encoding is offered: gzip, zstd, identity\n')
      return
    }
    if (this.#running >= maxScrapes || this.#holding.bytes >= heldBytesLimit) {
      response.setHeader('retry-after', '1')
      sendText(response, 503, 'too many scrapes are running; try again later\n')
      return
    }
    const representation = negotiate(request.headers.accept, openMetrics)
    response.setHeader('content-type', representation.contentType)
    response.setHeader('vary', 'accept, accept-encoding')
    if (encoding !== 'identity') response.setHeader('content-encoding', encoding)
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    this.#running++
    try {
      await this.#send(representation, encoding, response)
    } finally {
      this.#running--
    }
  }

  async #send(
    representation: Representation,
    encoding: ContentEncoding,
    response: ServerResponse,
  ): Promise<void> {
    const key = `${encoding} ${representation.contentType}`
    let shared = this.#shared.get(key)
    const now = this.#settings.clock.monotonic()
    if (shared === undefined || !shared.rendition.joinable || now - shared.since >= joinableMs) {
      shared = { rendition: this.#write(representation, encoding), since: now }
      this.#shared.set(key, shared)
    }
    try {
      await send(shared.rendition.join(), response)
    } finally {
      if (!shared.rendition.joinable && this.#shared.get(key) === shared) this.#shared.delete(key)
    }
  }

  #write(representation: Representation, encoding: ContentEncoding): Rendition {
    const { write, pool } = this.#settings
    const text = write(representation)
    return new Rendition(
      encoding === 'identity' ? text : compressed(text, encoding, pool),
      pool,
      this.#holding,
    )
  }
}

/** Sends all that a reader reads, at the pace at which the client takes it. */
async function send(reader: Reader, response: ServerResponse): Promise<void> {
  try {
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      if (!(await written(response, chunk))) return
      reader.sent()
    }
    response.end()
  } finally {
    await reader.leave()
  }
}

/** Resolves when the system has taken the chunk: true, or when the connection is gone: false. */
async function written(response: ServerResponse, chunk: Buffer): Promise<boolean> {
  if (response.destroyed) return false
  return await new Promise((resolve) => {
    const gone = (): void => resolve(false)
    response.once('close', gone)
    response.write(chunk, (error) => {
      response.off('close', gone)
      resolve(!error)
    })
  })
}
