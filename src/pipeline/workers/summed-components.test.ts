import { describe, expect, test } from 'vitest'
import type { CollectionTotals } from '#src/telemetry/collections.ts'
import { Ledger, type LedgerCounts } from '#src/telemetry/ledger.ts'
import { fakeComponent } from '#src/testing/service.ts'
import type { TargetStatus } from '#src/telemetry/targets-view.ts'
import type { ComponentReport } from './component-report.ts'
import type { SummedComponent } from './summed-component.ts'
import { SummedComponents } from './summed-components.ts'

const now = 1_700_000_000_000

function report(
  change: Partial<ComponentReport> & { readonly counted?: Partial<LedgerCounts> } = {},
): ComponentReport {
  const { counted = {}, ...rest } = change
  return {
    kind: 'receiver',
    id: 'scrape',
    pipeline: undefined,
    instance: 1,
    state: 'ok',
    error: undefined,
    since: now,
    lastActivity: undefined,
    counts: { ...new Ledger().counts(), ...counted },
    intervalMs: undefined,
    sources: undefined,
    targets: undefined,
    ...rest,
  }
}

function totals(collections: number): CollectionTotals {
  return {
    collections,
    durationMs: 0,
    lastDurationMs: 0,
    errors: new Map(),
    series: 0,
    churn: 0,
    missed: 0,
    sources: 1,
  }
}

const asked: unknown[] = []

function summed(): SummedComponents {
  asked.length = 0
  return new SummedComponents(async (worker, question) => {
    asked.push([worker, question])
    return await Promise.resolve({ input: [], steps: [], output: undefined, notes: [] })
  })
}

function only(components: SummedComponents): SummedComponent {
  const [component, ...others] = components
  if (component === undefined || others.length > 0) throw new Error('expected one')
  return component
}

describe('counts', () => {
  test('are summed over workers and the main thread, in an object that stays the same', () => {
    const components = summed()
    components.update(1, [report({ counted: { accepted: 3 } })])
    const component = only(components)
    const { ledger } = component
    components.update(2, [report({ counted: { accepted: 4 } })])
    const main = fakeComponent({ kind: 'receiver' })
    main.ledger.accepted = 10
    component.main = main
    expect(component.ledger).toBe(ledger)
    expect(ledger.accepted).toBe(17)
    expect(component.parts.map(({ worker, ledger: { accepted } }) => [worker, accepted])).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  test('of a worker that died stay, or what takes their place, also while points are on their way', () => {
    const components = summed()
    components.update(1, [report({ counted: { accepted: 5, queued: 5 } })])
    const component = only(components)
    const { ledger } = component
    const account = new Ledger()
    account.accepted = 5
    account.queued = 2
    account.dropped.add('worker_died', 3)
    components.lose(1, 'it died', now, () => account)
    components.update(1, [report({ counted: { accepted: 1, queued: 1 } })])
    expect(component.ledger).toMatchObject({ accepted: 6, queued: 3, imbalance: 0 })
    account.queued -= 2
    account.delivered += 2
    expect(component.ledger).toMatchObject({ accepted: 6, queued: 1, delivered: 2, imbalance: 0 })
    components.lose(1, 'again', now, () => undefined)
    expect(component.ledger).toBe(ledger)
    expect(component.ledger).toMatchObject({ accepted: 6, queued: 1, delivered: 2, imbalance: 0 })
  })

  test('start over where another instance takes the place: so does what holds them', () => {
    const components = summed()
    components.update(1, [report({ counted: { accepted: 5 } })])
    const before = only(components).ledger
    components.update(1, [report({ instance: 2, counted: { accepted: 1 } })])
    expect(only(components).ledger).not.toBe(before)
    expect(only(components).ledger.accepted).toBe(1)
  })
})

describe('the state', () => {
  test('is the worst of all, with its error, and activity is the latest', () => {
    const components = summed()
    components.update(1, [report({ lastActivity: 5 })])
    components.update(2, [
      report({ state: 'recoverable_error', error: 'no', since: now + 1, lastActivity: 3 }),
    ])
    const component = only(components)
    expect(component).toMatchObject({
      state: 'recoverable_error',
      error: 'no',
      since: now + 1,
      lastActivity: 5,
    })
    component.main = fakeComponent({
      kind: 'receiver',
      state: 'permanent_error',
      error: 'main',
      location: 'x',
    })
    expect(component).toMatchObject({ state: 'permanent_error', error: 'main', location: 'x' })
  })

  test('of a worker that died is an error until it reports again', () => {
    const components = summed()
    components.update(1, [report()])
    components.update(2, [report()])
    components.lose(2, 'it died', now + 7, () => undefined)
    expect(only(components)).toMatchObject({ state: 'recoverable_error', error: 'it died', since: now + 7 })
    components.update(2, [report()])
    expect(only(components).state).toBe('ok')
  })

  test('a component that no worker runs any more is gone', () => {
    const components = summed()
    components.update(1, [report()])
    components.update(2, [report()])
    components.update(1, [])
    expect([...components].length).toBe(1)
    components.update(2, [])
    expect([...components].length).toBe(0)
  })
})

describe('collections', () => {
  test('are those of all workers; the totals of a source are one object as long as its worker lives', () => {
    const components = summed()
    components.update(1, [report({ sources: [['a', totals(1)]], intervalMs: 5 })])
    components.update(2, [report({ sources: [['b', totals(2)]], intervalMs: 9 })])
    const { collections } = only(components)
    const a = collections?.bySource.get('a')
    components.update(1, [
      report({
        sources: [
          ['a', totals(4)],
          ['b', totals(7)],
        ],
      }),
    ])
    expect(collections?.bySource.get('a')).toBe(a)
    // Workers do not know of each other's names.
    expect([...(collections?.bySource ?? [])].map(([name, { collections: count }]) => [name, count])).toEqual(
      [
        ['a', 4],
        ['b', 7],
        ['b@2', 2],
      ],
    )
    expect(collections?.intervalMs).toBe(9)
    // A short report says nothing of them.
    components.update(1, [report()])
    expect(collections?.bySource.size).toBe(3)
    components.lose(1, 'it died', now, () => undefined)
    components.update(1, [report({ sources: [['a', totals(1)]] })])
    expect(collections?.bySource.get('a')).not.toBe(a)
    expect([...(collections?.bySource.keys() ?? [])]).toEqual(['a', 'b'])
  })
})

const target = (id: string): TargetStatus => ({ id, job: 'node' }) as TargetStatus

const targets = (id: string) => ({
  active: [target(id)],
  dropped: [],
  droppedCounts: new Map([['node', 2]]),
})

describe('targets', () => {
  test('are there once a worker tells of them: those of all, and what all of them drop once', () => {
    const components = summed()
    components.update(1, [report()])
    expect(only(components).targets).toBeUndefined()
    components.update(1, [report({ targets: targets('a') })])
    components.update(2, [report({ targets: targets('b') })])
    const view = only(components).targets
    expect(Array.from(view?.active() ?? [], ({ id }) => id)).toEqual(['a', 'b'])
    expect([...(view?.dropped() ?? [])]).toEqual([])
    expect(view?.droppedCounts()).toEqual(new Map([['node', 2]]))
    components.lose(1, 'it died', now, () => undefined)
    expect(Array.from(view?.active() ?? [], ({ id }) => id)).toEqual(['b'])
  })

  test('are asked about where they are; of a job any worker knows', async () => {
    const components = summed()
    components.update(1, [report({ targets: targets('a') })])
    components.update(2, [report({ targets: targets('b') })])
    const view = only(components).targets
    await view?.traceSeries('b', [['x', 'y']])
    await view?.traceTarget('node', [])
    expect(await view?.traceSeries('c', [])).toBeUndefined()
    const question = { component: 'scrape' }
    expect(asked).toEqual([
      [2, { ...question, method: 'traceSeries', of: 'b', labels: [['x', 'y']] }],
      [1, { ...question, method: 'traceTarget', of: 'node', labels: [] }],
    ])
  })
})
