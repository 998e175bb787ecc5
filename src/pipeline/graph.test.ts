import { describe, expect, test } from 'vitest'
import type { Exporter, Receiver, ReceiverContext } from '#src/component/define.ts'
import { ConfigError } from '#src/config/config-error.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { internedSets } from '#src/model/attribute-set.ts'
import { Recorder } from '#src/model/recorder.ts'
import { emptyScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { CapturedBatches } from '#src/testing/captured-batches.ts'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { configurationOf, type GivenConfiguration } from '#src/testing/configuration.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { dryRun } from './dry-run.ts'
import { Graph, handoverMs } from './graph.ts'
import { GraphError } from './graph-error.ts'
import { StartError } from './start-error.ts'

/** A receiver that emits when the test says so: one gauge per name. */
class Emitting implements Receiver {
  readonly #context: ReceiverContext
  readonly #recorder: Recorder
  readonly #events: string[]
  readonly #started: (receiver: Emitting) => unknown
  readonly #metrics = new Map<string, Metric>()

  constructor(context: ReceiverContext, events: string[], started: (receiver: Emitting) => unknown) {
    this.#context = context
    this.#recorder = new Recorder(new Source(context.id, 'all'))
    this.#events = events
    this.#started = started
  }

  start(): void {
    this.#events.push(`start ${this.#context.id}`)
    this.#started(this)
  }

  stop(): void {
    this.#events.push(`stop ${this.#context.id}`)
    this.#recorder.dispose()
  }

  emit(...names: string[]): boolean {
    this.#recorder.begin()
    for (const name of names) this.#recorder.record(this.#metric(name), ['own', this.#context.id], 1)
    return this.#context.emit(this.#recorder.end(this.#context.clock.now()))
  }

  #metric(name: string): Metric {
    let metric = this.#metrics.get(name)
    if (metric === undefined) {
      metric = new Metric(name, makeDescriptor({ kind: 'gauge' }), emptyScope)
      this.#metrics.set(name, metric)
    }
    return metric
  }
}

/** A little world: receivers and exporters that note what happens to them. */
class World {
  readonly clock = new FakeClock()
  readonly log = new CapturedLog()
  readonly graph = new Graph({ clock: this.clock, logger: this.log })
  readonly events: string[] = []
  readonly receivers = new Map<string, Emitting>()
  readonly exported = new CapturedBatches()
  readonly sources = new Set<Source>()

  /** @param started is called at the end of the start */
  receiver(
    options = '',
    started: (receiver: Emitting) => unknown = () => undefined,
  ): GivenConfiguration['receivers'][string] {
    return {
      options,
      create: (context) => {
        const receiver = new Emitting(context, this.events, started)
        this.receivers.set(context.id, receiver)
        return receiver
      },
    }
  }

  exporter(options = '', more: Partial<Exporter> = {}): GivenConfiguration['exporters'][string] {
    const { events, exported } = this
    return {
      options,
      create: ({ id, ledger }) => ({
        start: () => void events.push(`start ${id}`),
        stop: () => void events.push(`stop ${id}`),
        consume(batches) {
          exported.consume(batches)
          for (const { size } of batches) ledger.delivered += size
          return true
        },
        forget: (source) => exported.forget(source),
        ...more,
      }),
    }
  }

  names(): [string, number | 'stale'][] {
    return this.exported.take().map(({ name, value }) => [name, value])
  }

  configuration(given: Partial<GivenConfiguration> = {}): Configuration {
    return configurationOf({
      receivers: { a: this.receiver() },
      processors: { no_b: dropping('b') },
      exporters: { out: this.exporter() },
      pipelines: { metrics: ['a', 'no_b', 'out'] },
      ...given,
    })
  }
}

function dropping(name: string): NonNullable<GivenConfiguration['processors']>[string] {
  return {
    options: name,
    create: () => ({ mapSeries: (series) => (series.name === name ? undefined : series) }),
  }
}

test('exporters start before receivers, and stop after them', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  expect([...world.graph.components()].map(({ kind, id, state }) => [kind, id, state])).toEqual([
    ['receiver', 'a', 'ok'],
    ['processor', 'no_b', 'ok'],
    ['exporter', 'out', 'ok'],
  ])
  await world.graph.stop(100)
  expect(world.events).toEqual(['start out', 'start a', 'stop a', 'stop out'])
})

test('what is emitted goes through the processors, and every ledger counts it', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a', 'b', 'c')
  expect(world.names()).toEqual([
    ['a', 1],
    ['c', 1],
  ])
  const [receiver, processor, exporter] = [...world.graph.components()]
  expect(receiver?.ledger.accepted).toBe(3)
  expect([processor?.ledger.accepted, [...(processor?.ledger.dropped ?? [])]]).toEqual([3, [['filtered', 1]]])
  expect([exporter?.ledger.accepted, exporter?.ledger.delivered, exporter?.ledger.imbalance]).toEqual([
    2, 2, 0,
  ])
  expect(receiver?.collections?.of('all')).toMatchObject({ series: 3, churn: 3 })
})

test('a pipeline without processors, and a receiver in two pipelines', async () => {
  const world = new World()
  await world.graph.apply(
    world.configuration({ pipelines: { metrics: ['a', '', 'out'], 'metrics/2': ['a', 'no_b', 'out'] } }),
  )
  world.receivers.get('a')?.emit('a', 'b')
  expect(new Set(world.exported.batches.map(({ layout }) => layout.source)).size).toBe(2)
  expect(world.names().map(([name]) => name)).toEqual(['a', 'b', 'a'])
})

test('mistakes that factories find are told together, and nothing starts', async () => {
  const world = new World()
  const configuration = world.configuration({
    receivers: { a: wrong('first') },
    processors: { no_b: wrong('second') },
    exporters: { out: wrong('third') },
  })
  const failure: unknown = await world.graph.apply(configuration).catch((error: unknown) => error)
  if (!(failure instanceof GraphError)) throw new Error('expected a GraphError')
  expect(failure.mistakes.map(({ component, error }) => [component.id, error.message])).toEqual([
    ['out', 'third'],
    ['no_b', 'second'],
    ['a', 'first'],
  ])
  expect([world.events, [...world.graph.components()]]).toEqual([[], []])
  expect(dryRun(configuration).length).toBe(3)
})

test('a check makes components and starts none, and tells of factories that break', () => {
  const world = new World()
  expect(dryRun(world.configuration())).toEqual([])
  expect(world.events).toEqual([])
  const broken = world.configuration({ exporters: { out: { create: () => raise(new TypeError('oops')) } } })
  expect(dryRun(broken).map(({ error }) => error.message)).toEqual(['cannot be made: oops'])
})

function wrong(message: string): { create: () => never } {
  return { create: () => raise(new ConfigError(message, ['key'])) }
}

function raise(error: Error): never {
  throw error
}

function bug(): never {
  throw new TypeError('undefined is not a function')
}

test('a part that cannot start for a reason outside ends the start, and what had started is stopped', async () => {
  const world = new World()
  const busy = Object.assign(new Error('port 9464 is in use'), { code: 'EADDRINUSE' })
  const configuration = world.configuration({
    exporters: { fine: world.exporter(), out: world.exporter('', { start: () => raise(busy) }) },
    pipelines: { metrics: ['a', '', 'fine out'] },
  })
  await expect(world.graph.apply(configuration)).rejects.toThrow(StartError)
  await expect(world.graph.apply(configuration)).rejects.toThrow('exporter out: port 9464 is in use')
  expect(world.events).toEqual(['start fine', 'stop fine', 'stop out', 'start fine', 'stop fine', 'stop out'])
  expect([...world.graph.components()]).toEqual([])
})

test('an exporter or processor whose start has a bug refuses everything, and the rest goes on', async () => {
  const world = new World()
  const processor: NonNullable<GivenConfiguration['processors']>[string] = {
    create: () => ({ start: bug, consume: () => raise(new Error('called')), forget: bug }),
  }
  await world.graph.apply(
    world.configuration({
      receivers: { a: world.receiver() },
      processors: { wrong: processor },
      exporters: { out: world.exporter(), bad: world.exporter('', { start: bug }) },
      pipelines: { metrics: ['a', '', 'out bad'], 'metrics/wrong': ['a', 'wrong', 'out'] },
    }),
  )
  world.receivers.get('a')?.emit('a')
  expect(world.names()).toEqual([['a', 1]])
  expect(
    [...world.graph.components()].map(({ id, state, ledger }) => [
      id,
      state,
      ledger.accepted,
      ledger.refused,
    ]),
  ).toEqual([
    ['a', 'ok', 1, 0],
    ['wrong', 'permanent_error', 0, 1],
    ['out', 'ok', 1, 0],
    ['bad', 'permanent_error', 0, 1],
  ])
})

test('a mistake in the options that shows at the start only ends it, with the component named', async () => {
  const world = new World()
  const wrong = new ConfigError('no endpoint', ['endpoint'])
  const started = world.graph.apply(
    world.configuration({
      exporters: { out: world.exporter('', { start: () => raise(wrong) }) },
      pipelines: { metrics: ['a', '', 'out'] },
    }),
  )
  await expect(started).rejects.toMatchObject({ mistakes: [{ component: { id: 'out' }, error: wrong }] })
  expect([...world.graph.components()]).toEqual([])
})

test('a configuration that changes nothing touches nothing', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a', 'c')
  world.names()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a', 'c')
  expect(world.events).toEqual(['start out', 'start a'])
})

test('a changed processor is replaced under its running receiver: stale markers for what it drops now', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  const receiver = world.receivers.get('a')
  receiver?.emit('a', 'b', 'c')
  world.names()
  await world.graph.apply(world.configuration({ processors: { no_b: dropping('a') } }))
  expect(world.names()).toEqual([])
  receiver?.emit('a', 'b', 'c')
  expect(world.names()).toEqual([
    ['a', 'stale'],
    ['b', 1],
    ['c', 1],
  ])
  expect(world.events).toEqual(['start out', 'start a'])
})

test('a replaced receiver takes over its series; those it does not bring any more get stale markers', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a', 'c')
  world.names()
  await world.graph.apply(world.configuration({ receivers: { a: world.receiver('changed') } }))
  expect(world.names()).toEqual([])
  world.receivers.get('a')?.emit('c')
  expect(world.names()).toEqual([
    ['a', 'stale'],
    ['c', 1],
  ])
  expect(world.events).toEqual(['start out', 'start a', 'stop a', 'start a'])
})

/** The configuration with other options for the receiver, of the same definition. */
function changed(
  configuration: Configuration,
  options: string,
  more: Partial<Configuration> = {},
): Configuration {
  const receivers = [...configuration.receivers].map(
    ([id, config]) => [id, { ...config, options, fingerprint: options }] as const,
  )
  return { ...configuration, receivers: new Map(receivers), ...more }
}

function reconfigurable(world: World): GivenConfiguration['receivers'][string] {
  const { create } = world.receiver()
  return {
    create: (context) =>
      Object.assign(create(context), {
        reconfigure(options: string) {
          if (options === 'bad') throw new ConfigError('no good', ['x'])
          return () => void world.events.push(`a has ${options}`)
        },
      }),
  }
}

describe('a receiver that takes other options while it runs', () => {
  test('is neither stopped nor started, and has them once all else is in place', async () => {
    const world = new World()
    const configuration = world.configuration({ receivers: { a: reconfigurable(world) } })
    await world.graph.apply(configuration)
    world.receivers.get('a')?.emit('a')
    const exporters = world.configuration({ exporters: { out: world.exporter('changed') } }).exporters
    const after = changed(configuration, 'more', { exporters })
    await world.graph.apply(after)
    await world.graph.apply(after)
    world.receivers.get('a')?.emit('a', 'c')
    expect(world.names()).toEqual([
      ['a', 1],
      ['a', 1],
      ['c', 1],
    ])
    expect(world.events).toEqual(['start out', 'start a', 'stop out', 'start out', 'a has more'])
  })

  test('refuses bad ones, and nothing is touched', async () => {
    const world = new World()
    const configuration = world.configuration({ receivers: { a: reconfigurable(world) } })
    await world.graph.apply(configuration)
    const error: unknown = await world.graph
      .apply(changed(configuration, 'bad'))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(GraphError)
    expect(error).toMatchObject({
      mistakes: [{ component: { id: 'a', options: 'bad' }, error: { message: 'no good', path: ['x'] } }],
    })
    expect(world.events).toEqual(['start out', 'start a'])
  })

  test('keeps those that it had where the reload fails elsewhere', async () => {
    const world = new World()
    const configuration = world.configuration({ receivers: { a: reconfigurable(world) } })
    await world.graph.apply(configuration)
    const busy = Object.assign(new Error('port 9464 is in use'), { code: 'EADDRINUSE' })
    const start = (): never => raise(busy)
    const exporters = world.configuration({
      exporters: { out: world.exporter('changed', { start }) },
    }).exporters
    await expect(world.graph.apply(changed(configuration, 'more', { exporters }))).rejects.toThrow(StartError)
    await world.graph.apply(configuration)
    expect(world.events).not.toContain('a has more')
    await world.graph.apply(changed(configuration, 'more'))
    expect(world.events.filter((event) => event.includes(' a'))).toEqual(['start a'])
    expect(world.events.at(-1)).toBe('a has more')
  })
})

test('a replaced receiver that stays silent loses its series after a while', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a')
  world.names()
  await world.graph.apply(world.configuration({ receivers: { a: world.receiver('changed') } }))
  await world.clock.advance(handoverMs - 1)
  expect(world.names()).toEqual([])
  await world.clock.advance(1)
  expect(world.names()).toEqual([['a', 'stale']])
})

test('a receiver that leaves a pipeline leaves stale markers at once', async () => {
  const world = new World()
  const receivers = { a: world.receiver(), b: world.receiver() }
  await world.graph.apply(world.configuration({ receivers, pipelines: { metrics: ['a b', 'no_b', 'out'] } }))
  world.receivers.get('a')?.emit('a')
  world.receivers.get('b')?.emit('c')
  world.names()
  await world.graph.apply(world.configuration({ receivers }))
  expect(world.names()).toEqual([['c', 'stale']])
})

test('a pipeline that goes takes its series along; one with a new exporter feeds it from nothing', async () => {
  const world = new World()
  const two: Partial<GivenConfiguration> = {
    pipelines: { metrics: ['a', '', 'out'], 'metrics/2': ['a', 'no_b', 'out'] },
  }
  await world.graph.apply(world.configuration(two))
  world.receivers.get('a')?.emit('a')
  world.names()
  await world.graph.apply(world.configuration({ ...two, pipelines: { metrics: ['a', '', 'out'] } }))
  expect(world.names()).toEqual([['a', 'stale']])
  await world.graph.apply(
    world.configuration({
      pipelines: { metrics: ['a', '', 'out'] },
      exporters: { out: world.exporter('new') },
    }),
  )
  world.receivers.get('a')?.emit('a')
  expect(world.names()).toEqual([['a', 1]])
  expect(world.events).toEqual(['start out', 'start a', 'stop out', 'start out'])
})

test('a reload that cannot start leaves what it did not touch, and the configuration before can come back', async () => {
  const world = new World()
  await world.graph.apply(world.configuration())
  const receiver = world.receivers.get('a')
  receiver?.emit('a')
  const busy = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
  const bad = world.configuration({ exporters: { out: world.exporter('bad', { start: () => raise(busy) }) } })
  await expect(world.graph.apply(bad)).rejects.toThrow('in use')
  await world.graph.apply(world.configuration())
  world.names()
  expect(receiver?.emit('a', 'c')).toBe(true)
  expect(world.names()).toEqual([
    ['a', 1],
    ['c', 1],
  ])
})

const busy = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })

/** Runs the usual configuration, fails to change it as given, and goes back. */
async function failAndReturn(
  change: (world: World) => Partial<GivenConfiguration>,
  meanwhile?: (world: World) => void,
): Promise<World> {
  const world = new World()
  await world.graph.apply(world.configuration())
  world.receivers.get('a')?.emit('a', 'b', 'c')
  for (const { layout } of world.exported.batches) world.sources.add(layout.source)
  world.exported.batches.length = 0
  await expect(world.graph.apply(world.configuration(change(world)))).rejects.toThrow('in use')
  meanwhile?.(world)
  await world.graph.apply(world.configuration())
  return world
}

/** Emits once; tells what came out, the number of sources that the exporter got it from, and of those it was to forget. */
function emitted(world: World): unknown {
  world.receivers.get('a')?.emit('a', 'b', 'c')
  const sources = new Set([...world.sources, ...world.exported.batches.map(({ layout }) => layout.source)])
  return [world.names(), sources.size, world.exported.forgotten.length]
}

describe('after a reload that cannot start, the configuration before', () => {
  test('goes on with the same sources where only something was to be added', async () => {
    const world = await failAndReturn((it) => ({
      exporters: { out: it.exporter(), more: it.exporter('', { start: () => raise(busy) }) },
      pipelines: { metrics: ['a', 'no_b', 'out more'] },
    }))
    expect(emitted(world)).toEqual([
      [
        ['a', 1],
        ['c', 1],
      ],
      1,
      0,
    ])
    expect(world.events).not.toContain('stop a')
  })

  test('takes its series over where its receiver and its processors were to be replaced', async () => {
    const world = await failAndReturn((it) => ({
      receivers: { a: it.receiver('changed', () => raise(busy)) },
      processors: { no_b: dropping('c') },
    }))
    expect(emitted(world)).toEqual([
      [
        ['a', 1],
        ['c', 1],
      ],
      2,
      1,
    ])
  })

  test('takes nothing over that only a new pipeline had brought', async () => {
    const world = await failAndReturn(
      (it) => ({
        receivers: { a: it.receiver(), z: it.receiver('', () => raise(busy)), y: it.receiver() },
        pipelines: { metrics: ['a', 'no_b', 'out'], 'metrics/new': ['a y z', '', 'out'] },
      }),
      (it) => {
        // The receiver that stays is cut off from the pipeline that failed.
        it.receivers.get('a')?.emit('a', 'b', 'c')
        expect(it.names()).toEqual([
          ['a', 1],
          ['c', 1],
        ])
      },
    )
    expect(emitted(world)).toEqual([
      [
        ['a', 1],
        ['c', 1],
      ],
      1,
      0,
    ])
  })

  test('ends with stale markers what a new pipeline brought before it failed', async () => {
    const world = new World()
    await world.graph.apply(world.configuration())
    const change: Partial<GivenConfiguration> = {
      receivers: {
        a: world.receiver(),
        y: world.receiver('', (started) => started.emit('y')),
        z: world.receiver('', () => raise(busy)),
      },
      pipelines: { metrics: ['a', 'no_b', 'out'], 'metrics/new': ['y z', '', 'out'] },
    }
    await expect(world.graph.apply(world.configuration(change))).rejects.toThrow('in use')
    expect(world.names()).toEqual([
      ['y', 1],
      ['y', 'stale'],
    ])
    expect(world.exported.forgotten.length).toBe(1)
  })

  test('stops no processor twice', async () => {
    const world = new World()
    const stops: string[] = []
    const holding = (options: string): NonNullable<GivenConfiguration['processors']>[string] => ({
      options,
      create: ({ next }) => ({
        consume: (batches) => next.consume(batches),
        forget: (source) => next.forget(source),
        stop: () => void stops.push(options),
      }),
    })
    await world.graph.apply(world.configuration({ processors: { no_b: holding('old') } }))
    const bad = {
      processors: { no_b: holding('new') },
      exporters: { out: world.exporter('bad', { start: () => raise(busy) }) },
    }
    await expect(world.graph.apply(world.configuration(bad))).rejects.toThrow('in use')
    await world.graph.apply(world.configuration({ processors: { no_b: holding('old') } }))
    expect(stops).toEqual(['old', 'new'])
  })
})

test('a stop reports by number what an exporter could not deliver', async () => {
  const world = new World()
  const exporters: GivenConfiguration['exporters'] = {
    out: {
      create: ({ ledger }) => ({
        consume(batches) {
          for (const { size } of batches) ledger.queued += size
          return true
        },
        forget() {},
        async stop(deadline) {
          await new Promise((resolve) => deadline.addEventListener('abort', resolve))
          ledger.dropped.add('shutdown', 1)
          ledger.queued -= 1
        },
      }),
    },
  }
  await world.graph.apply(world.configuration({ exporters }))
  world.receivers.get('a')?.emit('a', 'c', 'd')
  expect(await world.graph.stop(20)).toEqual([{ exporter: 'out', points: 3 }])
})

test('coming and going through a pipeline for ten thousand cycles leaves the tables as they were', async () => {
  const before = internedSets()
  const world = new World()
  const joining: NonNullable<GivenConfiguration['processors']>[string] = {
    create: () => ({ mapSeries: (series) => series.withAttributes(['joined', String(series.name.length)]) }),
  }
  await world.graph.apply(
    world.configuration({
      processors: { joining, no_b: dropping('b') },
      pipelines: { metrics: ['a', 'no_b joining', 'out'] },
    }),
  )
  const receiver = world.receivers.get('a')
  for (let cycle = 0; cycle < 10_000; cycle++) {
    receiver?.emit(`m${cycle % 7}`, 'x'.repeat(1 + (cycle % 11)), cycle % 3 === 0 ? 'b' : 'c')
    world.exported.take()
  }
  await world.graph.stop(10)
  expect(internedSets()).toEqual(before)
})
