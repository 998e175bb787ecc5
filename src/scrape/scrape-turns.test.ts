import { describe, expect, test } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { ScrapeTurns, type TurnTaker } from './scrape-turns.ts'

/** Someone who notes that his turn came. */
class Taker implements TurnTaker {
  makesSeries: boolean
  answered = false
  ranOut = false
  begun = 0

  constructor(makesSeries = false) {
    this.makesSeries = makesSeries
  }

  takeTurn(): void {
    this.begun++
  }
}

function takers(count: number, makesSeries = false): Taker[] {
  return Array.from({ length: count }, () => new Taker(makesSeries))
}

function countBegun(all: readonly Taker[]): number {
  return all.filter(({ begun }) => begun > 0).length
}

/** Turns on a thread that is as busy as the test says, some time after their making. */
async function turnsOf(utilization: () => number): Promise<{ turns: ScrapeTurns; clock: FakeClock }> {
  const clock = new FakeClock()
  const turns = new ScrapeTurns(clock, utilization)
  await clock.advance(1000)
  return { turns, clock }
}

describe('a thread with time to spare', () => {
  test('scrapes at once, as long as not all is due in one moment', async () => {
    const { turns, clock } = await turnsOf(() => 0.5)
    const known = takers(1000)
    for (const taker of known) {
      turns.request(taker)
      await clock.advance(1)
    }
    expect([countBegun(known), turns.waiting, clock.waiting]).toEqual([1000, 0, 0])
  })

  test('spreads what is due in one moment: whether it will be busy shows later', async () => {
    const { turns, clock } = await turnsOf(() => 0)
    const known = takers(300)
    const fresh = takers(20, true)
    for (const taker of [...known, ...fresh]) turns.request(taker)
    expect([countBegun(known), countBegun(fresh)]).toEqual([128, 8])
    await clock.advance(20)
    expect([countBegun(known), countBegun(fresh)]).toEqual([256, 16])
    await clock.advance(20)
    expect([countBegun(known), countBegun(fresh), clock.waiting]).toEqual([300, 20, 0])
  })

  test('does not wait for targets that hang', async () => {
    const { turns } = await turnsOf(() => 0.1)
    const hanging = takers(100)
    for (const taker of hanging) turns.request(taker)
    expect(countBegun(hanging)).toBe(100)
  })
})

describe('a busy thread', () => {
  test('has few scrapes at a time, in the order in which they were due', async () => {
    const { turns } = await turnsOf(() => 1)
    const fresh = takers(5, true)
    for (const taker of fresh) turns.request(taker)
    expect(fresh.map(({ begun }) => begun)).toEqual([1, 0, 0, 0, 0])
    for (const taker of fresh.slice(0, 2)) turns.end(taker)
    expect(fresh.map(({ begun }) => begun)).toEqual([1, 1, 1, 0, 0])
  })

  test('does not let those that find their series wait for those that make them', async () => {
    const { turns } = await turnsOf(() => 1)
    const fresh = takers(10, true)
    const known = takers(40)
    for (const taker of [...fresh, ...known]) turns.request(taker)
    expect([countBegun(fresh), countBegun(known)]).toEqual([1, 32])
  })

  test('forgets one who does not wait any longer', async () => {
    const { turns, clock } = await turnsOf(() => 1)
    const [first, second, third] = [new Taker(true), new Taker(true), new Taker(true)]
    for (const taker of [first, second, third]) turns.request(taker)
    turns.end(second)
    turns.end(first)
    expect([second.begun, third.begun]).toEqual([0, 1])
    expect([turns.waiting, clock.waiting]).toEqual([0, 0])
  })

  test('does not count targets that are silent for long, until they answer', async () => {
    const { turns, clock } = await turnsOf(() => 1)
    const hanging = new Taker(true)
    const others = takers(3, true)
    for (const taker of [hanging, ...others]) turns.request(taker)
    for (const taker of others) taker.answered = true
    await clock.advance(200)
    expect(countBegun(others)).toBe(0)
    await clock.advance(100)
    expect(countBegun(others)).toBe(1)
    hanging.answered = true
    await clock.advance(500)
    turns.end(hanging)
    expect(countBegun(others)).toBe(1)
  })

  test('lets all in again once it has time', async () => {
    let utilization = 1
    const { turns, clock } = await turnsOf(() => utilization)
    const fresh = takers(10, true)
    for (const taker of fresh) turns.request(taker)
    utilization = 0.2
    await clock.advance(20)
    expect(countBegun(fresh)).toBe(9)
  })
})

/** A target of a simulated thread: a scrape that makes its series takes 150 ms of CPU time, one that finds them 5. */
class SimulatedTarget implements TurnTaker {
  readonly answered = true
  makesSeries = true
  ranOut = false
  up = false
  left = 0
  #began = 0
  readonly #thread: SimulatedThread

  constructor(thread: SimulatedThread) {
    this.#thread = thread
  }

  takeTurn(): void {
    this.#began = this.#thread.now
    this.left = this.makesSeries ? 150 : 5
    this.#thread.running.add(this)
  }

  /** @returns whether the scrape ended, in a second at most */
  work(milliseconds: number): boolean {
    this.left -= milliseconds
    if (this.left <= 0) {
      this.up = true
      this.makesSeries = false
      return true
    }
    this.ranOut = this.#thread.now - this.#began >= 1000
    this.up &&= !this.ranOut
    return this.ranOut
  }
}

/** Shares its time among all scrapes under way, as an event loop does that reads from many sockets. */
class SimulatedThread {
  now = 0
  readonly running = new Set<SimulatedTarget>()

  tick(ended: (target: SimulatedTarget) => void): void {
    this.now++
    const share = 1 / this.running.size
    for (const target of this.running) {
      if (!target.work(share)) continue
      this.running.delete(target)
      ended(target)
    }
  }
}

describe('an overload, in which all that is due takes longer than the timeout', () => {
  const count = 100

  test('recovers: all targets are up in the end, and are scraped every time', async () => {
    const clock = new FakeClock()
    const thread = new SimulatedThread()
    const turns = new ScrapeTurns(clock, () => (thread.running.size > 0 ? 1 : 0))
    const targets = Array.from({ length: count }, () => new SimulatedTarget(thread))
    const pending = new Set<SimulatedTarget>()
    let scraped = 0
    for (let time = 0; time < 60_000; time++) {
      if (time % 2000 === 0) {
        scraped = 0
        for (const target of targets) {
          if (pending.has(target)) continue
          pending.add(target)
          turns.request(target)
        }
      }
      clock.skip(1)
      thread.tick((target) => {
        scraped++
        pending.delete(target)
        turns.end(target)
      })
      if (time % 20 === 0) await clock.advance(0)
    }
    expect(targets.filter(({ up }) => up).length).toBe(count)
    expect([scraped, pending.size]).toEqual([count, 0])
  })

  test('would not without turns: the test can fail', () => {
    const thread = new SimulatedThread()
    const targets = Array.from({ length: count }, () => new SimulatedTarget(thread))
    for (let time = 0; time < 60_000; time++) {
      if (time % 2000 === 0) for (const target of targets) target.takeTurn()
      thread.tick(() => undefined)
    }
    expect(targets.filter(({ up }) => up).length).toBe(0)
  })
})
