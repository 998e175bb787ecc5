import { compileActions } from '#src/attributes/actions.ts'
import { defineProcessor } from '#src/component/define.ts'
import { makeAll } from '#src/config/config-error.ts'
import { boundLabel } from '#src/model/classic-parts.ts'
import { checkSelections, Config } from './config.ts'
import { compileSelection } from './selection.ts'

/** Edits the attributes of data points. */
export default defineProcessor({
  type: 'attributes',
  stability: 'beta',
  description: 'Edits the attributes of data points: writes, deletes, hashes, extracts and converts them.',
  config: Config,
  validate: checkSelections,

  create(config) {
    const [edit, selected] = makeAll(
      () => compileActions(config.actions, ['actions']),
      () => compileSelection(config),
    )
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
