import type { PipelineContext } from '#src/component/define.ts'
import { codeOf, describeFailure } from '#src/host/write-failure.ts'

/** What becomes of new data while the disk fails, for people. */
const consequences = {
  memory_only: 'new data waits in memory',
  drop_oldest: 'new data waits in memory',
  refuse: 'new data is refused',
} as const

/** Tells people how the disk of a queue fares: in the log, and in the state of the component. */
export class DiskHealth {
  readonly #directory: string
  readonly #consequence: string
  readonly #context: Pick<PipelineContext, 'clock' | 'logger' | 'report'>
  /** Monotonic milliseconds since when it fails. */
  #failingSince: number | undefined
  /** What was told last counts, also where it takes time to describe what was told before. */
  #turn = 0

  constructor(
    directory: string,
    whenDiskFails: keyof typeof consequences,
    context: Pick<PipelineContext, 'clock' | 'logger' | 'report'>,
  ) {
    this.#directory = directory
    this.#consequence = consequences[whenDiskFails]
    this.#context = context
  }

  /** It cannot be written to. */
  async fails(error: Error): Promise<void> {
    const { clock, logger, report } = this.#context
    const turn = ++this.#turn
    this.#failingSince ??= clock.monotonic()
    const directory = this.#directory
    const hasCode = codeOf(error) !== ''
    const { message, fields } = hasCode
      ? await describeFailure(error, `${directory}/.`)
      : { message: error.message, fields: {} }
    if (turn !== this.#turn) return
    report('recoverable_error', new Error(`${message}: ${directory}`, { cause: error }))
    logger.error(`${message}: ${this.#consequence}`, { directory, ...fields, error })
  }

  /** It can be written to again. */
  works(): void {
    const { clock, logger, report } = this.#context
    this.#turn++
    const since = this.#failingSince ?? clock.monotonic()
    this.#failingSince = undefined
    report('ok')
    logger.info('the queue is written to disk again', {
      directory: this.#directory,
      failed_seconds: (clock.monotonic() - since) / 1000,
    })
  }
}
