import { expect, test, vi } from 'vitest'
import { Watches } from '#src/kubernetes/watches.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { KubernetesApi } from '#src/testing/kubernetes-api.ts'
import { apiClient } from '#src/testing/kubernetes-client.ts'
import { ObjectTargets } from './object-targets.ts'
import type { ObjectFacts, Role, Watched } from './role.ts'
import { nodes, services } from './test-discovery.ts'

const attached = { node: false, namespace: false, deployment: false, job: false, cronjob: false }

/** A service that says by annotations which node it is about, and how many targets it has. */
interface Listing extends ObjectFacts {
  readonly about: string
  readonly count: number
}

const colours: Watched<ObjectFacts & { readonly colour: string }> = {
  resource: nodes,
  facts: ({ metadata }) => ({ key: metadata.name, colour: metadata.labels?.['colour'] ?? '' }),
}

/** The targets of services, made with an eye on a node; whenever they are made it is noted for whom. */
function listings(made: string[]): Role<Listing> {
  return {
    objects: {
      resource: services,
      facts: ({ metadata: { name, annotations = {} } }) => ({
        key: name,
        about: annotations['about'] ?? '',
        count: Number(annotations['count']),
      }),
    },
    others: [colours],
    attachable: [],
    selectable: [],
    targets({ key, about, count }, others) {
      made.push(key)
      const colour = others.find(colours, about)?.colour ?? 'none'
      return Array.from({ length: count }, (_, index) => [
        '__address__',
        `${key}:${index}`,
        'colour',
        index === 0 ? colour : '',
      ])
    },
  }
}

/** Targets of a server, which a test changes; so many services more than one are there from the beginning. */
async function setting(more = 0) {
  const server = await KubernetesApi.start()
  const api = apiClient(server.url)
  const made: string[] = []
  const watches = new Watches(api, new CapturedLog(), () => 0)
  const list = (name: string, about: string, count = 1) =>
    server.put(services, { metadata: { name, namespace: 'a', annotations: { about, count: String(count) } } })
  const paint = (name: string, colour: string) =>
    server.put(nodes, { metadata: { name, labels: { colour } } })
  paint('n1', 'red')
  paint('n2', 'blue')
  list('s', 'n1', 2)
  for (let index = 0; index < more; index++) list(`more-${index}`, 'n1')
  const targets = new ObjectTargets({
    role: listings(made),
    attached,
    watches,
    scopeOf: ({ resource }) => ({ resource }),
    onChange: () => undefined,
  })
  await vi.waitFor(() => expect(targets.synced).toBe(true))
  return {
    server,
    targets,
    made,
    list,
    paint,
    /** Waits until something is to be made anew, and does it. */
    async refreshed(): Promise<boolean> {
      await vi.waitFor(() => expect(targets.due).toBe(true))
      return targets.refresh(100)
    },
    async [Symbol.asyncDispose]() {
      targets.close()
      api.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('targets are made anew when what they were made with changes, and of those that stay equal the list is the same', async () => {
  await using here = await setting()
  expect(await here.refreshed()).toBe(true)
  const [first, second] = here.targets.targets()
  expect([first, second]).toEqual([
    ['__address__', 's:0', 'colour', 'red'],
    ['__address__', 's:1', 'colour', ''],
  ])
  here.paint('n1', 'green')
  expect(await here.refreshed()).toBe(true)
  expect(here.targets.targets()[0]).toEqual(['__address__', 's:0', 'colour', 'green'])
  expect(here.targets.targets()[1]).toBe(second)
})

test('what was asked for and is not there counts as well', async () => {
  await using here = await setting()
  here.list('later', 'n3')
  await vi.waitFor(async () => {
    here.targets.refresh(100)
    expect(here.targets.targets()).toHaveLength(3)
  })
  here.paint('n3', 'black')
  expect(await here.refreshed()).toBe(true)
  expect(here.targets.targets()).toContainEqual(['__address__', 'later:0', 'colour', 'black'])
  here.server.remove(nodes, 'n3')
  expect(await here.refreshed()).toBe(true)
  expect(here.targets.targets()).toContainEqual(['__address__', 'later:0', 'colour', 'none'])
})

test('what is no longer asked for is no reason to make targets anew', async () => {
  await using here = await setting()
  here.list('other', 'n3')
  await here.refreshed()
  await vi.waitFor(() => {
    here.targets.refresh(100)
    expect(here.made).toContain('other')
  })
  here.list('s', 'n2')
  await here.refreshed()
  const before = here.made.length
  here.paint('n1', 'green')
  // One watch tells in order.
  here.paint('n3', 'white')
  await here.refreshed()
  expect(here.made.slice(before)).toEqual(['other'])
})

test('targets that come out as they were are no change, and neither is an object without any', async () => {
  await using here = await setting()
  await here.refreshed()
  here.list('none', 'n1', 0)
  expect(await here.refreshed()).toBe(false)
  here.server.remove(services, 'none', 'a')
  expect(await here.refreshed()).toBe(false)
  here.list('s', 'n3', 2)
  expect(await here.refreshed()).toBe(true)
  here.list('s', 'n4', 2)
  expect(await here.refreshed()).toBe(false)
  here.list('s', 'n4', 1)
  expect(await here.refreshed()).toBe(true)
  here.server.remove(services, 's', 'a')
  expect(await here.refreshed()).toBe(true)
  expect(here.targets.targets()).toEqual([])
})

test('no more objects are done at once than may be', async () => {
  await using here = await setting(5)
  const counts: number[] = []
  while (here.targets.due) {
    here.targets.refresh(4)
    counts.push(here.made.length)
  }
  expect(counts).toEqual([4, 6])
  expect(here.targets.targets()).toHaveLength(7)
})
