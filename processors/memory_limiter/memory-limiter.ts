import type { ProcessorContext, StatefulProcessor } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import type { MemoryLimiterConfig } from './config.ts'
import { heapLimitsOf, limitsOf, type Limits } from './limits.ts'
import type { Memory } from './memory.ts'

/** How full memory is. Above `ok` everything is refused. */
type Level = 'ok' | 'soft' | 'hard'

/** Use must fall this far below the soft limit, as a share of it, before data is taken again. */
const hysteresis = 0.05

const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024)

/**
 * Refuses data while memory is short. Nothing is dropped: the receiver keeps it, answers its client so, or leaves out
 * a cycle. Memory is measured when data comes, once per interval, and by a timer while data is refused: an idle process
 * is not woken for it.
 */
export class MemoryLimiter implements StatefulProcessor {
  readonly #config: MemoryLimiterConfig
  readonly #context: ProcessorContext
  readonly #memory: Memory
  #limits: Limits = { soft: Infinity, hard: Infinity }
  #heapLimits: Limits = this.#limits
  #level: Level = 'ok'
  #lastCheck = -Infinity
  /** The checks while data is refused. */
  #schedule: Schedule | undefined
  #lastCollection = -Infinity
  /** Milliseconds until the next forced collection by level: they double while collections are useless. */
  readonly #intervals: Record<'soft' | 'hard', number>

  constructor(config: MemoryLimiterConfig, context: ProcessorContext, memory: Memory) {
    this.#config = config
    this.#context = context
    this.#memory = memory
    this.#intervals = {
      soft: config.min_gc_interval_when_soft_limited,
      hard: config.min_gc_interval_when_hard_limited,
    }
  }

  start(): void {
    const { logger } = this.#context
    const available = this.#memory.available()
    this.#limits = limitsOf(this.#config, available)
    this.#heapLimits = heapLimitsOf(this.#limits, this.#memory)
    logger.info('memory is limited', {
      limit_mib: mib(this.#limits.hard),
      soft_limit_mib: mib(this.#limits.soft),
      heap_limit_mib: mib(this.#heapLimits.hard),
      available_mib: mib(available),
      collects_garbage: this.#memory.collect !== undefined,
    })
    if (this.#limits.hard > available) {
      logger.warn('the memory limit is more than the process may use: it ends before it is reached', {
        limit_mib: mib(this.#limits.hard),
        available_mib: mib(available),
      })
    }
  }

  async stop(): Promise<void> {
    await this.#schedule?.stop()
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const { check_interval: intervalMs } = this.#config
    if (this.#level === 'ok' && this.#context.clock.monotonic() - this.#lastCheck >= intervalMs) this.#check()
    return this.#level === 'ok' && this.#context.next.consume(batches, receipt)
  }

  forget(source: Source): void {
    this.#context.next.forget(source)
  }

  #check(): void {
    this.#lastCheck = this.#context.clock.monotonic()
    const level = this.#measure()
    if (level === 'ok') {
      this.#become('ok')
      this.#intervals.soft = this.#config.min_gc_interval_when_soft_limited
      this.#intervals.hard = this.#config.min_gc_interval_when_hard_limited
      return
    }
    this.#become(this.#collect(level))
  }

  #checkRegularly(): Schedule {
    const { clock, logger } = this.#context
    const { check_interval: intervalMs } = this.#config
    return every(clock, intervalMs, () => this.#check(), {
      initialDelayMs: intervalMs,
      onError: (error) => logger.error('memory could not be measured', { error }),
    })
  }

  /** The level, from memory as a whole and from V8's heap: the worse counts. */
  #measure(): Level {
    const refusing = this.#level !== 'ok'
    const all = levelOf(this.#memory.used(), this.#limits, refusing)
    const heap = levelOf(this.#memory.heap(), this.#heapLimits, refusing)
    if (all === 'hard' || heap === 'hard') return 'hard'
    return all === 'soft' || heap === 'soft' ? 'soft' : 'ok'
  }

  #collect(level: 'soft' | 'hard'): Level {
    const { collect } = this.#memory
    const now = this.#context.clock.monotonic()
    if (collect === undefined || now - this.#lastCollection < this.#intervals[level]) return level
    const before = this.#memory.used()
    collect()
    this.#lastCollection = now
    const freed = before - this.#memory.used()
    // A collection that frees less than a twentieth was in vain, and stops the process for nothing.
    const useless = freed < before / 20
    const least = this.#config[`min_gc_interval_when_${level}_limited`]
    const most = this.#config[`max_gc_interval_when_${level}_limited`]
    this.#intervals[level] = useless
      ? Math.min(most, Math.max(this.#config.check_interval, this.#intervals[level] * 2))
      : least
    return this.#measure()
  }

  #become(level: Level): void {
    const before = this.#level
    this.#level = level
    if (level === before) return
    if (level === 'ok') {
      void this.#schedule?.stop()
      this.#schedule = undefined
    } else this.#schedule ??= this.#checkRegularly()
    const fields = {
      used_mib: mib(this.#memory.used()),
      soft_limit_mib: mib(this.#limits.soft),
      limit_mib: mib(this.#limits.hard),
    }
    const { logger } = this.#context
    if (level === 'ok') logger.info('memory is back to normal: data is taken again', fields)
    else if (level === 'hard') logger.error('memory is above its limit: data is refused', fields)
    else if (before === 'ok') logger.warn('memory is above its soft limit: data is refused', fields)
  }
}

function levelOf(used: number, { soft, hard }: Limits, refusing: boolean): Level {
  if (used > hard) return 'hard'
  return used > (refusing ? soft * (1 - hysteresis) : soft) ? 'soft' : 'ok'
}
