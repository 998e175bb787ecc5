import { defineReceiver } from '#src/component/define.ts'
import { accessOf, checkOptions, Config } from './config.ts'
import { KubeletStatsReceiver } from './kubelet-stats-receiver.ts'

/** Asks a kubelet for the statistics of its node, pods, containers and volumes. */
export default defineReceiver({
  type: 'kubelet_stats',
  stability: 'beta',
  description: 'Asks a kubelet for the statistics of its node, pods, containers and volumes.',
  config: Config,
  validate: checkOptions,
  access: accessOf,
  create: (config, context) => new KubeletStatsReceiver(config, context),
})
