import type { Exporter, PipelineContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Scope } from '#src/model/resource.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import type { DebugConfig } from './config.ts'
import { detailsOf, sampleText } from './sample-details.ts'
import type { Sampling } from './sampling.ts'
import type { Numbers, Screen } from './screen.ts'

/** Data points of one delivery that are shown at most. */
const mostShown = 1000

/** Shows what comes to it. That is all there is to deliver, so it is settled at once. */
export class DebugExporter implements Exporter {
  readonly #verbosity: DebugConfig['verbosity']
  readonly #sampling: Sampling
  readonly #screen: Screen
  readonly #context: PipelineContext

  constructor(
    verbosity: DebugConfig['verbosity'],
    sampling: Sampling,
    screen: Screen,
    context: PipelineContext,
  ) {
    this.#verbosity = verbosity
    this.#sampling = sampling
    this.#screen = screen
    this.#context = context
  }

  async start(): Promise<void> {
    await this.#screen.open()
  }

  consume(batches: readonly Batch[]): boolean {
    if (this.#sampling.take()) this.#show(batches)
    this.#context.ledger.delivered += pointsIn(batches)
    return true
  }

  forget(): void {
    // It remembers nothing.
  }

  async stop(): Promise<void> {
    await this.#screen.close()
  }

  #show(batches: readonly Batch[]): void {
    const numbers = count(batches)
    this.#screen.numbers(numbers)
    if (this.#verbosity === 'basic') return
    let shown = 0
    for (const batch of batches) {
      for (const slot of batch.walk) {
        const series = batch.layout.series[slot]
        if (series === undefined) continue
        if (shown === mostShown) {
          this.#screen.omitted(numbers.dataPoints - shown)
          return
        }
        shown++
        if (this.#verbosity === 'normal') this.#screen.sample(sampleText(batch, slot, series))
        else this.#screen.details(detailsOf(batch, slot, series))
      }
    }
  }
}

/** Counts; metrics by their names in a scope. */
function count(batches: readonly Batch[]): Numbers {
  const names = new Map<Scope, Set<string>>()
  for (const batch of batches) {
    for (const slot of batch.walk) {
      const metric = batch.layout.series[slot]?.metric
      if (metric === undefined) continue
      const inScope = names.get(metric.scope)
      if (inScope === undefined) names.set(metric.scope, new Set([metric.name]))
      else inScope.add(metric.name)
    }
  }
  const resources = new Set([...names.keys()].map(({ resource: { hash } }) => `${hash.high} ${hash.low}`))
  return {
    resources: resources.size,
    metrics: [...names.values()].reduce((sum, { size }) => sum + size, 0),
    dataPoints: pointsIn(batches),
  }
}
