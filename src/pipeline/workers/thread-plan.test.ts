import { expect, test } from 'vitest'
import type { Configuration } from '#src/config/configuration.ts'
import { configurationOf, type GivenConfiguration } from '#src/testing/configuration.ts'
import { planThreads } from './thread-plan.ts'

const create = (): never => {
  throw new Error('nothing is made here')
}

function configured(pipelines: GivenConfiguration['pipelines'], workers = 2): Configuration {
  const configuration = configurationOf({
    receivers: { scrape: { create, traits: { divides: true } }, host: { create } },
    processors: { relabel: { create }, sum: { create, traits: { needsAllSeries: true } } },
    exporters: {
      push: { create, traits: { splits: true } },
      pull: { create, traits: { pulling: true } },
      file: { create },
    },
    pipelines,
  })
  return { ...configuration, workers }
}

test('without workers everything is on the main thread, and there is nothing to say of it', () => {
  const configuration = configured({ metrics: ['scrape', '', 'push'] }, 0)
  expect(planThreads(configuration)).toEqual({ main: configuration, moved: undefined, staying: new Map() })
})

test('a pipeline moves whole; its exporters are on the main thread too, and nothing else of it', () => {
  const { main, moved, staying } = planThreads(
    configured({ metrics: ['scrape', 'relabel', 'push'], 'metrics/host': ['host', '', 'push file'] }),
  )
  expect([...(moved?.pipelines.values() ?? [])]).toEqual([
    { id: 'metrics', receivers: ['scrape'], processors: ['relabel'], exporters: ['push'] },
  ])
  expect([...main.pipelines.values()]).toEqual([
    { id: 'metrics', receivers: [], processors: [], exporters: ['push'] },
    { id: 'metrics/host', receivers: ['host'], processors: [], exporters: ['push', 'file'] },
  ])
  expect([...staying.keys()]).toEqual(['metrics/host'])
})

test.each<[lists: readonly [string, string, string], reason: string]>([
  [['scrape host', '', 'push'], 'its receiver host has no targets that could be divided'],
  [['scrape', 'relabel sum', 'push'], 'its processor sum needs all series in one place'],
  [['scrape', '', 'push pull'], 'its exporter pull holds all series for peers that come to get them'],
  [['scrape', '', 'file'], 'its exporter file cannot send what other threads encode'],
])('%j stays', (lists, reason) => {
  const { moved, staying } = planThreads(configured({ metrics: lists }))
  expect(moved).toBeUndefined()
  expect(staying).toEqual(new Map([['metrics', reason]]))
})

test('pipelines that share a receiver stay together, also over several others', () => {
  const configuration = configured({
    'metrics/a': ['scrape', '', 'push'],
    'metrics/b': ['scrape', '', 'pull'],
  })
  expect(planThreads(configuration).staying.get('metrics/a')).toBe(
    'its receiver scrape is also in metrics/b, which stays',
  )
  const { receivers } = configuration
  const scrape = receivers.get('scrape')
  if (scrape === undefined) throw new Error('it is there')
  const more = new Map(receivers)
    .set('other', { ...scrape, id: 'other' })
    .set('third', { ...scrape, id: 'third' })
  const chained = {
    ...configured({
      'metrics/a': ['third', '', 'push'],
      'metrics/b': ['other third', '', 'push'],
      'metrics/c': ['scrape other', '', 'push'],
      'metrics/d': ['scrape', '', 'pull'],
    }),
    receivers: more,
  }
  expect([...planThreads(chained).staying.keys()].toSorted()).toEqual([
    'metrics/a',
    'metrics/b',
    'metrics/c',
    'metrics/d',
  ])
})
