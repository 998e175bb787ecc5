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
  /** Whether to keep all that is received. */
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
  /** Requests that could not be read. */
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

/** All that was received. It is read later: whoever sends would wait for that meanwhile. */
class ReceivedJournal {
  readonly #messages: Buffer[] = []

  keep(message: Buffer): void {
    this.#messages.push(message)
  }

  /** Each series with its samples in the order in which they came. One that came twice is what a request that is sent again brings. */
  toString(): string {
    const journal = new Journal()
    const last = new Map<string, { readonly time: number; readonly entry: string }>()
    for (const message of this.#messages) {
      for (const reader = new RequestReader(message); reader.next();) {
        const labels = reader.labels()
        if (ownSeries.test(labels.get('__name__') ?? '')) continue
        const key = labelsKey(labels)
        const { time } = reader
        const entry = reader.isStale ? ended : String(reader.value)
        const before = last.get(key)
        if (before !== undefined && before.time === time && before.entry === entry) continue
        journal.add(
          key,
          before === undefined || before.time < time ? entry : `${entry}, which is out of order,`,
        )
        last.set(key, { time, entry })
      }
    }
    return journal.toString()
  }
}

function serveAgent(options: SinkOptions): RequestListener {
  const stats: SinkStats = { requests: 0, bytes: 0, samples: 0, staleMarkers: 0, bad: 0 }
  const journal = new ReceivedJournal()
  const control: Readonly<Record<string, () => string>> = {
    '/stats': () => JSON.stringify(stats),
    '/journal': () => journal.toString(),
  }
  const take = (message: Buffer): void => {
    if (options.journal) journal.keep(message)
    for (const reader = new RequestReader(message); reader.next();) {
      stats.samples++
      if (reader.isStale) stats.staleMarkers++
    }
  }
  return (request, response) => {
    const answer = control[request.url ?? '']
    if (answer !== undefined) {
      response.end(answer())
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
