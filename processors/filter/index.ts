import { defineProcessor } from '#src/component/define.ts'
import { makeAll } from '#src/config/config-error.ts'
import { Config, refuseConditions } from './config.ts'
import { compileSelection } from './selection.ts'

/** Keeps or drops series by metric name, attributes and resource. */
export default defineProcessor({
  type: 'filter',
  stability: 'beta',
  description: 'Keeps or drops series by metric name, attributes and resource.',
  config: Config,

  validate(config) {
    makeAll(
      () => refuseConditions(config),
      () => compileSelection(config.metrics ?? {}),
    )
  },

  create(config) {
    const keeps = compileSelection(config.metrics ?? {})
    return { mapSeries: (series) => (keeps(series) ? series : undefined) }
  },
})
