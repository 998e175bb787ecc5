/**
 * A process that takes remote write requests from several agents, each at a port of its own, and counts what comes.
 * It is started by `bench.ts`, with `SinkOptions` as JSON for its argument, and serves until it is killed.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { zstdDecompressSync } from 'node:zlib'
import { decompress } from '#src/remote/snappy.ts'
import { ended, Journal, labelsKey } from './journal.ts'
import { announce, listen } from './served-process.ts'
import { RequestReader } from './request-reader.ts'

export interface SinkOptions {
  readonly agents: number
  /** Whether to note all that is received; this costs more than counting it. */
  readonly journal: boolean
}

/** What was received at a port. */
export interface SinkStats {
  requests: number
  /** Compressed, without heads. */
  bytes: number
  samples: number
  /** Of the samples, those that end a series. */
  staleMarkers: number
  /** Requests that could not be read, and samples that were not later than the one before. */
  bad: number
}

const largestRequest = 1 << 28

/** The series that agents make themselves: they are counted, and nothing is expected of them. */
const ownSeries = /^(?:up|scrape_.*|target_info)$/

function decompressed(request: IncomingMessage, body: Buffer): Buffer {
  return request.headers['content-encoding'] === 'zstd'
    ? zstdDecompressSync(body)
    : decompress(body, largestRequest)
}

/** Notes what a request says of its series. */
class ReceivedJournal {
  readonly journal = new Journal()
  readonly #lastTimes = new Map<string, number>()
  /** Samples that were not later than the one before. */
  disordered = 0

  note(reader: RequestReader): void {
    const labels = reader.labels()
    if (ownSeries.test(labels.get('__name__') ?? '')) return
    const key = labelsKey(labels)
    if (reader.time <= (this.#lastTimes.get(key) ?? 0)) this.disordered++
    this.#lastTimes.set(key, reader.time)
    this.journal.add(key, reader.isStale ? ended : String(reader.value))
  }
}

function serveAgent(options: SinkOptions): RequestListener {
  const stats: SinkStats = { requests: 0, bytes: 0, samples: 0, staleMarkers: 0, bad: 0 }
  const received = new ReceivedJournal()
  const take = (message: Buffer): void => {
    for (const reader = new RequestReader(message); reader.next();) {
      stats.samples++
      if (reader.isStale) stats.staleMarkers++
      if (options.journal) received.note(reader)
    }
  }
  return (request, response) => {
    if (request.url === '/stats') {
      response.end(JSON.stringify({ ...stats, bad: stats.bad + received.disordered }))
      return
    }
    if (request.url === '/journal') {
      response.end(received.journal.toString())
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      stats.requests++
      stats.bytes += body.length
      try {
        take(decompressed(request, body))
      } catch (error) {
        stats.bad++
        console.error('a request cannot be read:', error)
      }
      response.writeHead(204).end()
    })
  }
}

const options = JSON.parse(process.argv[2] ?? '') as SinkOptions
const ports: number[] = []
for (let agent = 0; agent < options.agents; agent++)
  ports.push(await listen(createServer(serveAgent(options))))
announce({ ports })
