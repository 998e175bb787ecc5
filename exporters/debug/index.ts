import { defineExporter } from '#src/component/define.ts'
import { checkConfig, Config } from './config.ts'
import { DebugExporter } from './debug-exporter.ts'
import { Sampling } from './sampling.ts'

/** Shows what goes through a pipeline. */
export default defineExporter({
  type: 'debug',
  stability: 'development',
  description: 'Shows what goes through a pipeline, in the log or on standard output.',
  config: Config,
  validate: checkConfig,

  create(config, context) {
    return new DebugExporter(
      new Sampling(config.sampling_initial, config.sampling_thereafter, context.clock),
      context,
    )
  },
})
