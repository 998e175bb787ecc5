import { defineProcessor } from '#src/component/define.ts'
import { compileRules, Config } from './config.ts'
import { SeriesRelabeling } from './series-relabeling.ts'

/** Changes names and attributes of series, and drops series, by relabeling rules. */
export default defineProcessor({
  type: 'relabel',
  stability: 'beta',
  description:
    'Changes names and attributes of series, and drops series, by the relabeling rules of Prometheus and vmagent.',
  config: Config,
  validate: compileRules,

  create(config) {
    const relabeling = new SeriesRelabeling(compileRules(config))
    return { mapSeries: (series) => relabeling.apply(series), dropReason: 'relabel_dropped' }
  },
})
