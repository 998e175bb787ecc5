import { setImmediate as turn } from 'node:timers/promises'
import { findCgroups, type FoundCgroup } from '#src/cgroup/cgroup-tree.ts'
import { innerProcesses } from '#src/cgroup/inner-processes.ts'
import { findHierarchies, type Hierarchies } from '#src/cgroup/hierarchies.ts'
import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { ContainerNames } from '#src/containers/container-names.ts'
import { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { nodeName } from '#src/host/node-name.ts'
import { parseProcStat } from '#src/host/proc-stat.ts'
import { Problems } from '#src/host/problems.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts, type Subject } from '#src/naming/facts.ts'
import { chosenVocabularies } from '#src/naming/vocabulary.ts'
import type { Collector, Measured } from './collector.ts'
import { chosenCollectors } from './collectors.ts'
import type { ContainerConfig } from './config.ts'
import { EndedContainers } from './ended-containers.ts'
import { containersScraped, nameSourceUp, scrapeDuration, scrapeError, scrapeErrors } from './cycle-names.ts'
import { Machine } from './machine/index.ts'
import { specCollector } from './spec/index.ts'
import { stateCollector } from './state/index.ts'
import type { TrackedCgroup } from './tracked-cgroup.ts'
import { TrackedCgroups } from './tracked-cgroups.ts'

/** How long limits are taken as read. */
const cacheMs = 60_000

/** Measures the cgroups of this host, and names them by what runtimes and files tell. */
export class ContainerReceiver implements Receiver {
  readonly #config: ContainerConfig
  readonly #context: ReceiverContext
  readonly #files: HostFiles
  readonly #names: ContainerNames
  readonly #collectors: readonly Collector[]
  readonly #facts: Facts
  readonly #problems: Problems
  readonly #own: Recorder
  readonly #ownSubject: Subject
  readonly #tracked: TrackedCgroups
  /** Undefined where nobody wants their states. */
  readonly #ended: EndedContainers | undefined
  /** Undefined where nobody wants it. */
  readonly #machine: Machine | undefined
  readonly #errorCounts = new Map<string, number>()
  #schedule: Schedule | undefined
  #hierarchies: Hierarchies | undefined
  #bootTime: number | undefined
  /** Of the first file of this cycle that could not be read. */
  #reason: string | undefined
  #failing = false

  constructor(config: ContainerConfig, context: ReceiverContext, names: ContainerNames) {
    this.#config = config
    this.#context = context
    this.#names = names
    this.#files = new HostFiles(config.root_path)
    this.#collectors = chosenCollectors(config.collectors)
    this.#problems = new Problems(context.logger)
    this.#own = new Recorder(new Source(context.id, 'cycle'))
    const node = config.node_name === '' ? nodeName(this.#files) : config.node_name
    this.#ownSubject = { constants: { vm: ['node', node] } }
    this.#facts = new Facts(this.#own, {
      vocabularies: chosenVocabularies(config.naming),
      enabled: (metric) => config.metrics[metric]?.enabled,
    })
    const tellsStates = this.#collectors.includes(stateCollector) && config.levels.includes('container')
    this.#ended = tellsStates ? new EndedContainers({ receiver: context.id, node }) : undefined
    const tellsMachine = this.#collectors.includes(specCollector) && config.levels.includes('node')
    this.#machine = tellsMachine ? new Machine(this.#files) : undefined
    this.#tracked = new TrackedCgroups({
      files: this.#files,
      names,
      receiver: context.id,
      node,
      bootTime: () => (this.#bootTime ??= readBootTime(this.#files)),
      problem: (error) => this.#noteProblem(error),
    })
  }

  start(): void {
    const { interval, initial_delay: initialDelayMs } = this.#config
    const { clock, collections, logger } = this.#context
    collections.intervalMs = interval
    this.#names.start()
    this.#schedule = every(clock, interval, async (signal) => await this.#runCycle(signal), {
      initialDelayMs,
      onError: (error) => {
        logger.error('a cycle failed', { error })
        this.#context.report('recoverable_error', error)
        this.#failing = true
      },
    })
  }

  async stop(): Promise<void> {
    await this.#schedule?.stop()
    await this.#names.stop()
    for (const { recorder } of this.#tracked.all) recorder.dispose()
    this.#ended?.dispose()
    this.#own.dispose()
  }

  async #runCycle(stopped: AbortSignal): Promise<void> {
    const { clock, collections } = this.#context
    const began = clock.monotonic()
    this.#reason = undefined
    const hierarchies = this.#mounted()
    const found = this.#find(hierarchies)
    await this.#refreshNames(found, stopped)
    if (stopped.aborted) return
    const gone = this.#tracked.update(found, hierarchies)
    const batches = gone.flatMap((cgroup) => this.#endOf(cgroup))
    batches.push(...this.#recordEnded(found))
    await this.#measureAll(batches, stopped)
    if (stopped.aborted) return
    const durationMs = clock.monotonic() - began
    batches.push(...this.#recordCycle(durationMs))
    this.#problems.endCycle()
    collections.record({ source: 'cycle', durationMs, error: this.#reason })
    // Refused, it is a cycle left out: the engine counts it.
    this.#context.emit(batches)
    for (const cgroup of gone) this.#forget(cgroup)
    this.#ended?.forgetGone((source) => this.#context.forget(source))
    if (this.#failing) this.#context.report('ok')
    this.#failing = false
  }

  /** Where cgroups are mounted does not change while a host runs. */
  #mounted(): Hierarchies {
    if (this.#hierarchies !== undefined) return this.#hierarchies
    const found = findHierarchies(this.#files, this.#config.cgroup_path)
    if (found.tree === undefined)
      throw new HostError(
        'not_found',
        this.#files.pathOf(this.#config.cgroup_path),
        'no cgroups are mounted here: in a container, mount that folder of the host and set root_path or cgroup_path',
      )
    this.#hierarchies = found
    return found
  }

  /** The cgroups of the levels that are wanted. */
  #find({ tree = '' }: Hierarchies): FoundCgroup[] {
    const wanted = new Set<string>(this.#config.levels)
    return findCgroups(this.#files, tree).filter(({ kind }) => wanted.has(kind === 'root' ? 'node' : kind))
  }

  /** Names that do not come in time are left for a later cycle. */
  async #refreshNames(found: readonly FoundCgroup[], stopped: AbortSignal): Promise<void> {
    const seen = found.flatMap(({ containerId, podUid }) =>
      containerId === '' ? [] : [{ containerId, podUid: podUid === '' ? undefined : podUid }],
    )
    const late = new AbortController()
    const cancel = this.#context.clock.after(this.#config.interval / 2, () => late.abort())
    await this.#names.refresh(seen, AbortSignal.any([late.signal, stopped]))
    cancel()
  }

  /** Measures all that is tracked, `workers` at a time. */
  async #measureAll(batches: Batch[], stopped: AbortSignal): Promise<void> {
    let left = this.#config.workers
    for (const cgroup of this.#tracked.all) {
      if (left-- === 0) {
        await turn()
        if (stopped.aborted) return
        left = this.#config.workers - 1
      }
      for (const batch of this.#measure(cgroup)) batches.push(batch)
    }
  }

  #measure(tracked: TrackedCgroup): Batch[] {
    const { clock, ledger } = this.#context
    const { recorder, subject, level, cgroup, memory, owners, startTime } = tracked
    const facts = this.#facts
    const at = clock.monotonic()
    const host = this.#files
    const limits = tracked.limits(host, at, this.#config.use_cache ? cacheMs : 0)
    facts.turnTo(recorder, subject)
    facts.begin()
    const now = clock.now()
    const processes = (): readonly number[] =>
      innerProcesses(host, `${this.#hierarchies?.tree ?? ''}${tracked.found.path}`)
    const measured = { level, cgroup, host, limits, at, memory, owners, processes, now, startTime }
    for (const collector of this.#collectors) this.#collect(collector, measured)
    const batches = facts.end(now, startTime)
    ledger.dropped.add('duplicate_series', recorder.duplicates)
    return batches
  }

  /** What one collector cannot read hides nothing of the others. */
  #collect(collector: Collector, measured: Measured): void {
    try {
      collector.collect(measured, this.#facts)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#noteProblem(error)
    }
  }

  /** Stale markers for all that a cgroup had. */
  #endOf({ recorder, subject }: TrackedCgroup): Batch[] {
    this.#facts.turnTo(recorder, subject)
    this.#facts.begin()
    return this.#facts.end(this.#context.clock.now())
  }

  /** Before what is measured: one that was started again is told of by its cgroup from then on. */
  #recordEnded(found: readonly FoundCgroup[]): Batch[] {
    const seen = new Set(found.map(({ containerId }) => containerId))
    const cycle = { facts: this.#facts, now: this.#context.clock.now() }
    return this.#ended?.record(this.#names.all(), seen, cycle) ?? []
  }

  #forget({ source, recorder }: TrackedCgroup): void {
    this.#context.forget(source)
    this.#context.collections.forget(source.part)
    recorder.dispose()
  }

  #noteProblem(error: HostError): void {
    this.#reason ??= error.reason
    this.#errorCounts.set(error.reason, (this.#errorCounts.get(error.reason) ?? 0) + 1)
    this.#problems.add(error)
  }

  #recordCycle(durationMs: number): Batch[] {
    const facts = this.#facts
    facts.turnTo(this.#own, this.#ownSubject)
    facts.begin()
    facts.record(scrapeError, {}, this.#reason === undefined ? 0 : 1)
    facts.record(scrapeDuration, {}, durationMs / 1000)
    for (const [reason, count] of this.#errorCounts) facts.record(scrapeErrors, { reason }, count)
    const containers = Iterator.from(this.#tracked.all).filter(({ found }) => found.kind === 'container')
    facts.record(
      containersScraped,
      {},
      containers.reduce((count) => count + 1, 0),
    )
    for (const source of this.#names.answering) facts.record(nameSourceUp, { source }, 1)
    for (const source of this.#names.problems.keys()) facts.record(nameSourceUp, { source }, 0)
    this.#machine?.record(facts, this.#context.clock.monotonic(), (error) => this.#noteProblem(error))
    return facts.end(this.#context.clock.now())
  }
}

/** Unix time of the boot in milliseconds. It is read once: the kernel computes it anew, and it may differ by a second. */
function readBootTime(files: HostFiles): number | undefined {
  try {
    const { bootTime } = files.parse('/proc/stat', parseProcStat)
    return bootTime === undefined ? undefined : bootTime * 1000
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}
