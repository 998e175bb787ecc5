import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../free-port.ts'
import { AgentProcess } from './agent-process.ts'
import { agents, type AgentName } from './agents.ts'
import type { ScrapedTarget } from './data-set.ts'
import type { Row } from './rows.ts'
import { ServedProcess } from './served-process.ts'
import type { ReceivedJournal, SinkOptions, SinkStats } from './sink.ts'
import type { ExposedBodies, TargetOptions, TargetStats } from './target-server.ts'

/** The CPU that the agents share, and the one for targets and sink. */
const agentCpu = '0'
const harnessCpu = '1'
/** Those of an agent that has several threads: all others, and where there are only two also that of targets and sink. */
const manyCpus = availableParallelism() > 2 ? `0,2-${availableParallelism() - 1}` : '0,1'

interface AnnouncedTargets {
  readonly ports: readonly number[]
  readonly targets: readonly ScrapedTarget[]
  readonly series: number
}

interface AnnouncedSink {
  readonly ports: readonly number[]
}

export interface StageOptions {
  readonly row: Row
  readonly agents: readonly AgentName[]
  /** Whether targets and sink note what they expose and receive; false unless given. */
  readonly journal?: boolean
  /** A folder for files of the agents. */
  readonly folder: string
  /** The bundle of Weir. */
  readonly weir: string
  /** Flags of Node for Weir. */
  readonly nodeFlags: readonly string[]
  /** `service.workers` of Weir, which then gets more than one CPU; undefined for one thread on one CPU. */
  readonly workers?: number
}

/** Targets, a sink, and agents between them. */
export class Stage implements AsyncDisposable {
  readonly agents: readonly AgentProcess[]
  readonly targets: number
  /** Series of all targets. */
  readonly series: number
  readonly #targets: ServedProcess<AnnouncedTargets>
  readonly #sink: ServedProcess<AnnouncedSink>

  private constructor(
    targets: ServedProcess<AnnouncedTargets>,
    sink: ServedProcess<AnnouncedSink>,
    agents: readonly AgentProcess[],
  ) {
    this.agents = agents
    this.targets = targets.announced.targets.length
    this.series = targets.announced.series
    this.#targets = targets
    this.#sink = sink
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { row, journal = false, folder, weir, nodeFlags, workers, agents: names } = options
    const targetOptions: TargetOptions = {
      dataSet: row.dataSet,
      agents: names.length,
      churn: row.churn ?? 0,
      gzip: row.gzip ?? false,
      relabel: row.relabel ?? false,
      journal,
    }
    const sinkOptions: SinkOptions = { agents: names.length, journal }
    const targets = await ServedProcess.start<AnnouncedTargets>('target-server.ts', targetOptions, harnessCpu)
    const sink = await ServedProcess.start<AnnouncedSink>('sink.ts', sinkOptions, harnessCpu)
    const started: AgentProcess[] = []
    const stage = new Stage(targets, sink, started)
    try {
      const ports = await freePorts(2 * names.length)
      for (const [index, name] of names.entries()) {
        const assignment = {
          folder: join(folder, name),
          targets: targets.announced.targets,
          address: `127.0.0.1:${targets.announced.ports[index]}`,
          sinkUrl: `http://127.0.0.1:${sink.announced.ports[index]}/api/v1/write`,
          ownPort: ports[2 * index] ?? 0,
          adminPort: ports[2 * index + 1] ?? 0,
          workers: workers ?? 0,
          intervalMs: row.intervalMs,
          relabel: targetOptions.relabel,
          weir,
          nodeFlags,
        }
        started.push(
          await AgentProcess.start(agents[name], assignment, workers === undefined ? agentCpu : manyCpus),
        )
      }
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
    return stage
  }

  async served(agent: number): Promise<TargetStats> {
    return JSON.parse(await this.#targets.ask(agent, '/stats')) as TargetStats
  }

  async received(agent: number): Promise<SinkStats> {
    return JSON.parse(await this.#sink.ask(agent, '/stats')) as SinkStats
  }

  /** From here on an agent finds no target. */
  async endTargets(agent: number): Promise<void> {
    await this.#targets.ask(agent, '/end')
  }

  /** What was exposed to an agent, and what came from it. */
  async journals(agent: number): Promise<{ readonly exposed: ExposedBodies; readonly received: string }> {
    const { journal, outcomes } = JSON.parse(await this.#sink.ask(agent, '/journal')) as ReceivedJournal
    const exposed = await this.#targets.ask(agent, '/journal', JSON.stringify(outcomes))
    return { exposed: JSON.parse(exposed) as ExposedBodies, received: journal }
  }

  /** Waits until every agent that still runs has sent so many samples, or the time is over. */
  async untilReceived(samples: number, patienceMs: number): Promise<void> {
    const end = performance.now() + patienceMs
    for (const [index, agent] of this.agents.entries()) {
      while (agent.isRunning && performance.now() < end && (await this.received(index)).samples < samples) {
        await sleep(250)
      }
    }
  }

  /** Waits until an agent has scraped once more, or the time is over. */
  async untilServedMore(agent: number, patienceMs: number): Promise<void> {
    const end = performance.now() + patienceMs
    const { scrapes } = await this.served(agent)
    while (performance.now() < end && (await this.served(agent)).scrapes === scrapes) await sleep(250)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.agents.map(async (agent) => agent.end()))
    await Promise.all([this.#targets.end(), this.#sink.end()])
  }
}
