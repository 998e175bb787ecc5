import { defineReceiver } from '#src/component/define.ts'
import { checkScrapers, Config } from './config.ts'
import { HostMetricsReceiver } from './host-metrics-receiver.ts'

/** Measures this host from /proc and /sys. */
export default defineReceiver({
  type: 'hostmetrics',
  stability: 'beta',
  description: 'Measures CPUs, memory, file systems, network, load and disks of this host.',
  config: Config,
  validate: checkScrapers,
  create: (config, context) => new HostMetricsReceiver(config, context),
})
