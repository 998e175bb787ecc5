import { attributeText } from '#src/attributes/attribute-text.ts'
import { OptionsText } from '#src/config/options-text.ts'
import { samplesOf, type Sample } from '#src/testing/captured-batches.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { Config, type PrometheusConfig } from './config.ts'
import definition from './index.ts'
import { PrometheusReceiver } from './prometheus-receiver.ts'

/** The interval of all jobs of a test that waits for cycles. */
export const intervalMs = 15_000

/** Options as a file has them. */
export function optionsOf(yaml: string): PrometheusConfig {
  const { options, findings } = new OptionsText('test', yaml, Config)
  if (options === undefined) throw new Error(findings.map(({ text }) => text).join('\n'))
  definition.validate?.(options)
  return options
}

/** Options of one job with these targets, that scrapes at multiples of its interval; more options of it in YAML. */
export function jobOf(targets: readonly string[], job = '', outer = ''): string {
  return `config:
  scrape_configs:
    - job_name: j
      scrape_interval: 15s
      scrape_offset: 0s
      static_configs: [{ targets: ${JSON.stringify(targets)} }]
${job.replaceAll(/^/gm, '      ')}
${outer}`
}

/** A receiver under a fake clock, whose sockets are real. Use `using`, so that it is stopped. */
export class TestReceiver implements Disposable {
  readonly context: TestContext = testContext('prometheus')
  readonly receiver: PrometheusReceiver
  #stopped = false

  constructor(yaml: string) {
    this.receiver = new PrometheusReceiver(optionsOf(yaml), this.context)
  }

  /** One that has started. */
  static async start(yaml: string): Promise<TestReceiver> {
    const test = new TestReceiver(yaml)
    test.receiver.start()
    await test.context.clock.advance(0)
    return test
  }

  /** Goes on to the next time at which all targets are scraped. */
  async tick(): Promise<void> {
    const { clock } = this.context
    await clock.advance(intervalMs - (clock.now() % intervalMs))
  }

  /** Lets all targets be scraped once, and waits until they were: what was emitted, in order. */
  async cycle(): Promise<Sample[]> {
    const { batches } = this.context.next
    const before = batches.length
    const waiting = new Set(
      [...this.receiver.targets.active()].map(({ id, lastScrape }) => `${id} ${lastScrape}`),
    )
    await this.tick()
    const end = performance.now() + 60_000
    while (
      [...this.receiver.targets.active()].some(({ id, lastScrape }) => waiting.has(`${id} ${lastScrape}`))
    ) {
      if (performance.now() > end) throw new Error('the targets were not scraped in time')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return batches.slice(before).flatMap(samplesOf)
  }

  /** What is known of the only target. */
  get target() {
    const [target] = this.receiver.targets.active()
    if (target === undefined) throw new Error('there is no target')
    return target
  }

  stop(): void {
    if (!this.#stopped) this.receiver.stop()
    this.#stopped = true
  }

  [Symbol.dispose](): void {
    this.stop()
  }
}

/** The values of samples by name and, where there are more than those of the target, labels. */
export function valuesOf(samples: readonly Sample[]): Record<string, number | 'stale'> {
  return Object.fromEntries(
    samples.map(({ name, attributes, value }) => {
      const own = Object.entries(attributes).filter(([label]) => label !== 'job' && label !== 'instance')
      const labels = own.map(([label, text]) => `${label}=${attributeText(text)}`)
      return [labels.length === 0 ? name : `${name}{${labels.join()}}`, value]
    }),
  )
}

/** What the series that every target has of its scrapes look like. */
export function ownValues(values: Record<string, number | 'stale'>): (number | 'stale' | undefined)[] {
  return ['up', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added'].map(
    (name) => values[name],
  )
}
