import type { Exporter, PipelineContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { notHeldBack } from '#src/telemetry/logger.ts'
import type { Sampling } from './sampling.ts'

/** Shows what comes to it; that is all there is to deliver, so it is settled at once. */
export class DebugExporter implements Exporter {
  readonly #sampling: Sampling
  readonly #context: PipelineContext

  constructor(sampling: Sampling, context: PipelineContext) {
    this.#sampling = sampling
    this.#context = context
  }

  consume(batches: readonly Batch[]): boolean {
    const { ledger, logger } = this.#context
    const points = pointsIn(batches)
    if (this.#sampling.take()) logger.info('metrics', { data_points: points, [notHeldBack]: true })
    ledger.delivered += points
    return true
  }

  forget(): void {
    // It remembers nothing.
  }
}
