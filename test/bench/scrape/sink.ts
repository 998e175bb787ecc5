/**
 * A process that takes remote write requests from several agents, each at a port of its own, and counts what comes.
 * It is started by `bench.ts`, with `SinkOptions` as JSON for its argument, and serves until it is killed.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { zstdDecompressSync } from 'node:zlib'
import { decompress } from '#src/remote/snappy.ts'
import { ended, Journal, labelsKey } from './journal.ts'
import { numberSample, targetName, type Outcomes, type ScrapeOutcome } from './scrape-outcome.ts'
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
const ownSeries = new RegExp(`^(?:up|scrape_.*|target_info|${numberSample})$`)

/** Reads from samples how the scrapes of each target went. */
class OutcomeReader {
  readonly #byTarget = new Map<string, Map<number, ScrapeOutcome>>()

  note(name: string, labels: ReadonlyMap<string, string>, { time, value }: RequestReader): void {
    const failed = name === 'up' && value === 0
    if (name !== numberSample && !failed) return
    const target = targetName(labels.get('job') ?? '', labels.get('instance') ?? '')
    const known = this.#byTarget.get(target)
    const outcome = { time, number: failed ? undefined : value }
    if (known === undefined) this.#byTarget.set(target, new Map([[time, outcome]]))
    else known.set(time, outcome)
  }

  inOrder(): Outcomes {
    const entries = Array.from(this.#byTarget, ([target, byTime]): [string, ScrapeOutcome[]] => [
      target,
      [...byTime.values()].toSorted((first, second) => first.time - second.time),
    ])
    return Object.fromEntries(entries)
  }
}

function decompressed(request: IncomingMessage, body: Buffer): Buffer {
  return request.headers['content-encoding'] === 'zstd'
    ? zstdDecompressSync(body)
    : decompress(body, largestRequest)
}

/** What was received in the end. */
export interface ReceivedJournal {
  /** As `Journal` writes it. */
  readonly journal: string
  readonly outcomes: Outcomes
}

/** All that was received. It is read later: whoever sends would wait for that meanwhile. */
class ReceivedMessages {
  readonly #messages: Buffer[] = []

  keep(message: Buffer): void {
    this.#messages.push(message)
  }

  /** Each series with its samples in the order in which they came. One that came twice is what a request that is sent again brings. */
  read(): ReceivedJournal {
    const journal = new Journal()
    const outcomes = new OutcomeReader()
    const last = new Map<string, { readonly time: number; readonly entry: string }>()
    for (const message of this.#messages) {
      for (const reader = new RequestReader(message); reader.next();) {
        const labels = reader.labels()
        const name = labels.get('__name__') ?? ''
        if (!reader.isStale) outcomes.note(name, labels, reader)
        if (ownSeries.test(name)) continue
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
    return { journal: journal.toString(), outcomes: outcomes.inOrder() }
  }
}

function serveAgent(options: SinkOptions): RequestListener {
  const stats: SinkStats = { requests: 0, bytes: 0, samples: 0, staleMarkers: 0, bad: 0 }
  const messages = new ReceivedMessages()
  const control: Readonly<Record<string, () => string>> = {
    '/stats': () => JSON.stringify(stats),
    '/journal': () => JSON.stringify(messages.read()),
  }
  const take = (message: Buffer): void => {
    if (options.journal) messages.keep(message)
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
