import { afterEach, beforeEach, expect, test } from 'vitest'
import { Source } from '#src/model/source.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Agenda } from './agenda.ts'
import { compileJob } from './compile-job.ts'
import { GlobalOptions, ScrapeOptions } from './scrape-options.ts'
import type { TurnTaker } from './scrape-turns.ts'
import { buildTarget } from './target-labels.ts'
import { TargetLoop } from './target-loop.ts'

let exposed: FakeTarget
let context: TestContext
let loop: TargetLoop
/** Who waits for his turn, and has not scraped since. */
let waiting: Set<TurnTaker>

beforeEach(async () => {
  exposed = await FakeTarget.start('a 1\n')
  context = testContext('prometheus')
  waiting = new Set()
  const options = optionsOf(ScrapeOptions, { job_name: 'j', scrape_interval: '15s', scrape_offset: '0s' })
  const job = compileJob(options, optionsOf(GlobalOptions, {}), context)
  const target = buildTarget(['__address__', exposed.address], job)
  if ('reason' in target) throw new Error(target.detail)
  loop = new TargetLoop(target, new Source('prometheus', 'j'), {
    job,
    receiver: context,
    agenda: new Agenda(context.clock),
    turns: { request: (taker) => void waiting.add(taker), end: (taker) => void waiting.delete(taker) },
    scraper: [],
    blocked: undefined,
    successors: () => [],
  })
  loop.start()
  await context.clock.advance(15_000 - (context.clock.now() % 15_000))
})

afterEach(async () => {
  loop.stop(false)
  await exposed.close()
})

test('a scrape that waits for its turn over the next times is none that failed: those are missed', async () => {
  const { clock, collections } = context
  expect([...waiting]).toEqual([loop])
  await clock.advance(30_000)
  expect([exposed.requests.length, loop.last, loop.missed, collections.of('j').missed]).toEqual([
    0,
    undefined,
    2,
    2,
  ])
  expect(loop.makesSeries).toBe(true)
})

test('it has the time of its turn, and not that of when it was due', async () => {
  const { clock, next } = context
  await clock.advance(400)
  loop.takeTurn()
  await expect.poll(() => loop.last?.error).toBe(undefined)
  await expect.poll(() => waiting.size).toBe(0)
  expect(new Set(next.samples.map(({ time }) => time))).toEqual(new Set([clock.now()]))
  expect([loop.last?.time, loop.makesSeries, loop.answered]).toEqual([clock.now(), false, true])
})

test('it is forgotten when the target goes or all stops', async () => {
  loop.stop(false)
  expect(waiting.size).toBe(0)
  loop.takeTurn()
  await context.clock.advance(60_000)
  expect([exposed.requests.length, context.clock.waiting]).toEqual([0, 0])
})
