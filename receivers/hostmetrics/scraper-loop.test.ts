import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostError } from '#src/host/host-error.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import { metric } from '#src/naming/metric.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { ScraperLoop } from './scraper-loop.ts'
import type { Cycle, Scraper } from './scraper.ts'

const temperature = metric({
  fact: 'degrees',
  source: 'a test',
  by: ['sensor'],
  vm: { name: 'temperature', kind: 'gauge', description: 'Degrees.', sensor: 'sensor' },
  prometheus: { name: 'temperature', kind: 'gauge', description: 'Degrees.', sensor: 'sensor' },
})

let context: TestContext
let loop: ScraperLoop | undefined

beforeEach(() => {
  context = testContext('hostmetrics')
})

afterEach(async () => await loop?.stop())

/** Starts the cycles of some scrapers: one a second, each with half a second. */
async function start(...scrapers: Scraper[]): Promise<void> {
  const recorder = new Recorder(new Source('hostmetrics', 'test'))
  const facts = new Facts(recorder, { vocabularies: ['vm'] })
  const work = { name: 'test', collector: 'main', scrapers, recorder, facts, bootTime: () => 1 }
  loop = new ScraperLoop(work, { intervalMs: 1000, initialDelayMs: 0, deadlineMs: 500 }, context)
  loop.start(() => undefined)
  await context.clock.advance(0)
}

/** The samples since the last call, each as `name{label values} value`; how long things took is left out. */
function taken(): string[] {
  return context.next
    .take()
    .filter(({ name }) => name !== 'vm_node_collector_scrape_duration_seconds')
    .map(
      ({ name, attributes, value }) =>
        `${name}{${(Object.values(attributes) as string[]).join(',')}} ${value}`,
    )
}

const unreadable = new HostError('io_error', '/proc/x', 'EIO')

/** A scraper that measures one sensor, and then does something. */
function sensor(name: string, then: (cycle: Cycle) => Promise<void> | void = () => undefined): Scraper {
  return {
    collector: name,
    collect(cycle) {
      cycle.facts.record(temperature, { sensor: name }, 20)
      return then(cycle)
    },
  }
}

test('a part that fails hides no other, and its errors are counted by reason', async () => {
  const fail = (): void => {
    throw unreadable
  }
  await start(sensor('a', fail), sensor('b'))
  expect(taken()).toEqual([
    'temperature{a} 20',
    'temperature{b} 20',
    'vm_node_collector_scrape_errors_total{a,io_error} 1',
  ])
  expect(loop?.failure).toBe(unreadable)
  await context.clock.advance(2000)
  expect(taken().at(-1)).toBe('vm_node_collector_scrape_errors_total{a,io_error} 3')
  expect(context.logger.lines.length).toBe(1)
})

test('a problem is counted and told, but does not end the measurement', async () => {
  await start(sensor('a', ({ problem }) => problem(unreadable)))
  expect(taken()).toContain('vm_node_collector_scrape_errors_total{a,io_error} 1')
  expect(loop?.failure).toBeUndefined()
  expect([...(context.collections.bySource.get('test')?.errors ?? [])]).toEqual([['io_error', 1]])
})

test('a defect of a scraper is logged as such, and the others go on', async () => {
  const defect = new TypeError('x is not a function')
  const fail = (): void => {
    throw defect
  }
  await start(sensor('a', fail), sensor('b'))
  expect(taken()).toContain('temperature{b} 20')
  expect(context.logger.lines).toMatchObject([
    { level: 'error', message: 'the scraper has a defect', fields: { collector: 'a', error: defect } },
  ])
  expect([...(context.collections.bySource.get('test')?.errors ?? [])]).toEqual([['internal_error', 1]])
})

/** Ends when the cycle is aborted, with what it has. */
async function untilAborted({ signal }: Cycle): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  throw new HostError('timeout', '/sys/slow', 'it did not answer')
}

test('a cycle is aborted at its deadline, and emits what there is', async () => {
  await start(sensor('a', untilAborted))
  await context.clock.advance(499)
  expect(taken()).toEqual([])
  await context.clock.advance(1)
  expect(taken()).toEqual(['temperature{a} 20', 'vm_node_collector_scrape_errors_total{a,timeout} 1'])
  expect(context.collections.bySource.get('test')?.lastDurationMs).toBe(500)
})

test('cycles never overlap, however long one takes', async () => {
  let running = 0
  let most = 0
  let finish: (() => void) | undefined
  const scraper = sensor('a', async () => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => (finish = resolve))
    running--
  })
  await start(scraper)
  await context.clock.advance(5000)
  finish?.()
  await context.clock.advance(2000)
  expect(most).toBe(1)
  finish?.()
})

test('a stop aborts the running cycle, closes the scrapers, and tells no errors', async () => {
  let closed = false
  await start({ ...sensor('a', untilAborted), close: () => (closed = true) })
  await loop?.stop()
  expect(closed).toBe(true)
  expect(taken()).toEqual([])
  expect(context.logger.lines).toEqual([])
})

test('a series that is measured twice in a cycle is counted as dropped', async () => {
  await start(sensor('a', ({ facts }) => facts.record(temperature, { sensor: 'a' }, 21)))
  expect(taken()).toEqual(['temperature{a} 20'])
  expect(context.ledger.dropped.get('duplicate_series')).toBe(1)
})

test('a part of which nothing is wanted is not run', async () => {
  let ran = false
  const onlyOtel = metric({
    fact: '',
    source: '',
    by: [],
    otel: { name: 'x', kind: 'gauge', description: '' },
  })
  await start({ names: [onlyOtel], collect: () => void (ran = true) }, sensor('b'))
  expect(ran).toBe(false)
  expect(taken()).toEqual(['temperature{b} 20'])
})
