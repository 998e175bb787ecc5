import { compileActions } from '#src/attributes/actions.ts'
import { defineProcessor } from '#src/component/define.ts'
import { makeAll } from '#src/config/config-error.ts'
import { boundLabel } from '#src/model/classic-parts.ts'
import { Config, type AttributesConfig } from './config.ts'
import { compileSelection } from './selection.ts'

/** Edits the attributes of data points. */
export default defineProcessor({
  type: 'attributes',
  stability: 'beta',
  description: 'Edits the attributes of data points: writes, deletes, hashes, extracts and converts them.',
  config: Config,
  validate: compile,

  create(config) {
    const [edit, selected] = compile(config)
    return {
      mapSeries(series) {
        if (!selected(series)) return series
        // The bound of a bucket or quantile tells which part of a point it is: it is no attribute of the point.
        const attributes = edit(series.attributes, boundLabel[series.role])
        return attributes === undefined ? series : series.withAttributes(attributes)
      },
    }
  },
})

function compile(config: AttributesConfig) {
  return makeAll(
    () => compileActions(config.actions, ['actions']),
    () => compileSelection(config),
  )
}
