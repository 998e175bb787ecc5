import { defineExporter } from '#src/component/define.ts'
import { checkConfig, Config } from './config.ts'
import { DebugExporter } from './debug-exporter.ts'
import { Sampling } from './sampling.ts'
import { LogScreen, TextScreen } from './screen.ts'

/** Shows what goes through a pipeline. */
export default defineExporter({
  type: 'debug',
  stability: 'development',
  description: 'Shows what goes through a pipeline, in the log or on standard output.',
  config: Config,
  validate: checkConfig,

  create(config, context) {
    const { clock, logger } = context
    return new DebugExporter(
      config.verbosity,
      new Sampling(config.sampling_initial, config.sampling_thereafter, clock),
      config.use_internal_logger ? new LogScreen(logger) : new TextScreen(config.output_paths, logger),
      context,
    )
  },
})
