/**
 * A process that serves the targets of a data set to several agents, each at a port of its own, and counts what it
 * served. It is started by `bench.ts`, with `TargetOptions` as JSON for its argument, and serves until it is killed.
 */
import { constants, gzipSync } from 'node:zlib'
import { createServer, type RequestListener } from 'node:http'
import { makeDataSet, scrapedTargets, type DataSetName, type NamedTarget } from './data-set.ts'
import { ExposedJournal } from './exposed-journal.ts'
import { Journal } from './journal.ts'
import { targetName, type Outcomes } from './scrape-outcome.ts'
import { announce, listen } from './served-process.ts'

export interface TargetOptions {
  readonly dataSet: DataSetName
  /** How many agents come. */
  readonly agents: number
  /** The share of the series that every scrape finds replaced by others. */
  readonly churn: number
  readonly gzip: boolean
  /** Whether the agents drop and rename by `relabelRules`. */
  readonly relabel: boolean
  /** Whether to keep all that is exposed. */
  readonly journal: boolean
}

/** What was served at a port. */
export interface TargetStats {
  scrapes: number
  samples: number
  bytes: number
}

/** What was exposed at a port, to be compared with what was handed on. */
export interface ExposedBodies {
  /** As `Journal` writes it: without what an agent says that it did not get. */
  readonly journal: string
  /** Scrapes that failed by the agent's own account though their bodies were served. */
  readonly failed: number
  /** Scrapes that the agent said nothing of, by target. */
  readonly lost: readonly string[]
}

/** Bodies that go round, where the series stay: all values differ from one to the next. */
const versions = 3

interface Body {
  readonly bytes: Buffer
  /** The same as text, where the bytes are compressed. */
  readonly text: Buffer
  readonly samples: number
}

/** Gives the next body of a target each time it is called. */
type Feed = () => Body

function makeBody(bytes: Buffer, samples: number, gzip: boolean): Body {
  return { bytes: gzip ? gzipSync(bytes, { level: constants.Z_BEST_SPEED }) : bytes, text: bytes, samples }
}

/** Feeds of one target, one an agent. */
function makeFeeds({ target }: NamedTarget, { agents, churn, gzip }: TargetOptions): Feed[] {
  const samples = target.series
  if (churn > 0) {
    return Array.from({ length: agents }, () => {
      const own = target.clone()
      return () => {
        own.churn(churn, false)
        return makeBody(own.body(), samples, gzip)
      }
    })
  }
  const bodies = Array.from({ length: versions }, () => makeBody(target.body(), samples, gzip))
  return Array.from({ length: agents }, () => {
    let next = 0
    return () => bodies[next++ % versions] ?? makeBody(target.body(), samples, gzip)
  })
}

function serveAgent(
  options: TargetOptions,
  targets: readonly NamedTarget[],
  feeds: readonly Feed[],
): RequestListener {
  const stats: TargetStats = { scrapes: 0, samples: 0, bytes: 0 }
  const exposed = targets.map(({ job, instance }) => ({
    name: targetName(job, instance),
    journal: new ExposedJournal({ job, instance, cluster: 'eu-prod-1' }, options.relabel),
  }))
  let goneAt = Infinity
  const control: Readonly<Record<string, (body: string) => string>> = {
    '/stats': () => JSON.stringify(stats),
    '/journal': (body) => JSON.stringify(compile(JSON.parse(body) as Outcomes)),
    /** From here on no target is there. */
    '/end': () => {
      goneAt = Date.now()
      return ''
    },
  }
  const compile = (outcomes: Outcomes): ExposedBodies => {
    const journal = new Journal()
    const lost: string[] = []
    let failed = 0
    for (const each of exposed) {
      const untaken = each.journal.write(journal, outcomes[each.name] ?? [], goneAt)
      failed += untaken.failed
      if (untaken.lost > 0) lost.push(`${each.name}: ${untaken.lost} scrapes came to nothing`)
    }
    return { journal: journal.toString(), failed, lost }
  }
  return (request, response) => {
    const path = request.url ?? ''
    const answer = control[path]
    if (answer !== undefined) {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(answer(Buffer.concat(chunks).toString())))
      return
    }
    const index = Number(path.slice('/target/'.length))
    const body = goneAt < Infinity ? undefined : feeds[index]?.()
    if (body === undefined) {
      response.writeHead(503).end()
      return
    }
    stats.scrapes++
    stats.samples += body.samples
    stats.bytes += body.bytes.length
    const number = options.journal ? (exposed[index]?.journal.serve(body.text) ?? '') : ''
    // A body of gzip may have several members, one after the other.
    const last = options.gzip && number !== '' ? gzipSync(number) : Buffer.from(number)
    response.writeHead(200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      'Content-Length': body.bytes.length + last.length,
      ...(options.gzip ? { 'Content-Encoding': 'gzip' } : {}),
    })
    if (last.length > 0) response.write(body.bytes)
    response.end(last.length > 0 ? last : body.bytes)
  }
}

const options = JSON.parse(process.argv[2] ?? '') as TargetOptions
const targets = makeDataSet(options.dataSet)
const feeds = targets.map((target) => makeFeeds(target, options))
const ports: number[] = []
for (let agent = 0; agent < options.agents; agent++) {
  const own = feeds.flatMap((each) => each[agent] ?? [])
  ports.push(await listen(createServer(serveAgent(options, targets, own))))
}
announce({
  ports,
  targets: scrapedTargets(targets),
  series: targets.reduce((sum, { target }) => sum + target.series, 0),
})
