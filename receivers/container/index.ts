import { defineReceiver } from '#src/component/define.ts'
import { RuntimeNames } from '#src/containers/runtime-names.ts'
import { checkMetrics, Config } from './config.ts'
import { ContainerReceiver } from './container-receiver.ts'

/** Measures containers, pods and the node from cgroups. */
export default defineReceiver({
  type: 'container',
  stability: 'alpha',
  description: 'Measures containers, pods and the node from cgroups, version 1, 2 and hybrid.',
  config: Config,
  validate: checkMetrics,
  create(config, context) {
    const { clock, logger } = context
    const names = new RuntimeNames({
      sources: () => [],
      clock,
      logger,
      useCache: config.use_cache,
      maxAgeMs: 60_000,
    })
    return new ContainerReceiver(config, context, names)
  },
})
