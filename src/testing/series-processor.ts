import type { Processor, SeriesProcessor } from '#src/component/define.ts'
import { Batch } from '#src/model/batch.ts'
import type { Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import type { Consumer } from '#src/pipeline/consumer.ts'
import { SeriesStage } from '#src/pipeline/series-stage.ts'
import type { TestContext } from './context.ts'

/** The processor as a function of identity, which it must be. */
export function seriesProcessor(processor: Processor): SeriesProcessor {
  if (!('mapSeries' in processor)) throw new Error('the processor is no function of identity')
  return processor
}

/** The processor as the engine runs it; what it hands on is in `context.next`. */
export function stageOf(processor: Processor, { next, ledger, logger }: TestContext): SeriesStage {
  return new SeriesStage(seriesProcessor(processor), next, ledger, logger)
}

/** Sends series through a stage that come and go, one each cycle, and ends their source. */
export function churn(stage: Consumer, cycles: number, make: (cycle: number) => Series): void {
  const source = new Source('test', 'churn')
  const table = new SlotTable(source)
  for (let cycle = 0; cycle < cycles; cycle++) {
    const slot = table.add(make(cycle))
    const layout = table.commit()
    stage.consume([new Batch(layout, { time: cycle, values: new Float64Array(layout.series.length) })])
    table.remove(slot)
  }
  const layout = table.commit()
  stage.consume([new Batch(layout, { time: cycles, values: new Float64Array(layout.series.length) })])
  stage.forget(source)
}
