import { systemClock } from '#src/component/clock.ts'
import { optionsOf } from '#src/testing/options.ts'
import type { Sample } from '#src/testing/captured-batches.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { Config } from '../../../receivers/container/config.ts'
import definition from '../../../receivers/container/index.ts'

/** The container receiver on this host, five times a second, with what it says. */
export class MeasuredContainers implements AsyncDisposable {
  readonly context: Omit<TestContext, 'clock'>
  readonly #receiver: ReturnType<typeof definition.create>

  /** @param options beside the interval, as a configuration has them */
  constructor(options: object) {
    const context = { ...testContext('container'), clock: systemClock }
    this.context = context
    const given = { interval: '200ms', initial_delay: '0s', naming: 'prometheus', ...options }
    this.#receiver = definition.create(optionsOf(Config, given), context)
  }

  async start(): Promise<void> {
    await this.#receiver.start?.()
  }

  /** How many cycles have ended. */
  get cycles(): number {
    return this.context.collections.of('cycle').collections
  }

  /** The samples so far of one metric whose label `id` ends with a text. */
  samplesOf(name: string, id: string): readonly Sample[] {
    return this.context.next.samples.filter(
      ({ name: its, attributes }) =>
        its === name && typeof attributes['id'] === 'string' && attributes['id'].endsWith(id),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.stop?.()
  }
}
