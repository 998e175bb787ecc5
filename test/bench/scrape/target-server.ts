/**
 * A process that serves the targets of a data set to several agents, each at a port of its own, and counts what it
 * served. It is started by `bench.ts`, with `TargetOptions` as JSON for its argument, and serves until it is killed.
 */
import { constants, gzipSync } from 'node:zlib'
import { createServer, type RequestListener } from 'node:http'
import { makeDataSet, scrapedTargets, type DataSetName, type NamedTarget } from './data-set.ts'
import { ExposedJournal } from './exposed-journal.ts'
import { Journal } from './journal.ts'
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
  const exposed = targets.map(
    ({ job, instance }) => new ExposedJournal({ job, instance, cluster: 'eu-prod-1' }, options.relabel),
  )
  let isGone = false
  const control: Readonly<Record<string, () => string>> = {
    '/stats': () => JSON.stringify(stats),
    '/journal': () => {
      const journal = new Journal()
      for (const each of exposed) each.write(journal)
      return journal.toString()
    },
    /** From here on no target is there. */
    '/end': () => {
      isGone = true
      return ''
    },
  }
  return (request, response) => {
    const path = request.url ?? ''
    const answer = control[path]
    if (answer !== undefined) {
      response.end(answer())
      return
    }
    const index = Number(path.slice('/target/'.length))
    const body = isGone ? undefined : feeds[index]?.()
    if (body === undefined) {
      response.writeHead(503).end()
      return
    }
    stats.scrapes++
    stats.samples += body.samples
    stats.bytes += body.bytes.length
    response.writeHead(200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      'Content-Length': body.bytes.length,
      ...(options.gzip ? { 'Content-Encoding': 'gzip' } : {}),
    })
    response.end(body.bytes, () => {
      // Only now: an agent whose time runs meanwhile would give up, and what it did not get was not exposed.
      if (options.journal) exposed[index]?.serve(body.text)
    })
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
