import { compileActions } from '#src/attributes/actions.ts'
import { defineProcessor } from '#src/component/define.ts'
import { inEditedScope } from '#src/otlp/derived-resource.ts'
import { Config, type ResourceConfig } from './config.ts'
import { EditedScopes } from './edited-scopes.ts'

/** Edits the attributes of resources. */
export default defineProcessor({
  type: 'resource',
  stability: 'beta',
  description: 'Edits the attributes of resources: writes, deletes, hashes, extracts and converts them.',
  config: Config,
  validate: compile,

  create(config) {
    const scopes = new EditedScopes(compile(config))
    return {
      mapSeries(series) {
        const { scope } = series.metric
        const edited = scopes.of(scope)
        return edited === scope ? series : inEditedScope(series, edited)
      },
    }
  },
})

function compile(config: ResourceConfig) {
  return compileActions(config.attributes, ['attributes'])
}
