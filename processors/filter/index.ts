import { defineProcessor } from '#src/component/define.ts'
import { Config, refuseConditions } from './config.ts'
import { compileSelection } from './selection.ts'

/** Keeps or drops series by metric name, attributes and resource. */
export default defineProcessor({
  type: 'filter',
  stability: 'beta',
  description: 'Keeps or drops series by metric name, attributes and resource.',
  config: Config,
  validate: refuseConditions,

  create(config) {
    const keeps = compileSelection(config.metrics ?? {})
    return { mapSeries: (series) => (keeps(series) ? series : undefined) }
  },
})
