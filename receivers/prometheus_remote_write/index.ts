import { defineReceiver } from '#src/component/define.ts'
import { Config } from './config.ts'
import { RemoteWriteReceiver } from './remote-write-receiver.ts'

/** Takes samples that are pushed by Prometheus remote write, 1.0 and 2.0. */
export default defineReceiver({
  type: 'prometheus_remote_write',
  stability: 'beta',
  description: 'Takes samples that are pushed by Prometheus remote write, 1.0 and 2.0.',
  config: Config,
  create: (config, context) => new RemoteWriteReceiver(config, context),
})
