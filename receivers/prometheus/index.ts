import { defineReceiver } from '#src/component/define.ts'
import { accessOf, checkOptions, Config } from './config.ts'
import { PrometheusReceiver } from './prometheus-receiver.ts'

/** Scrapes targets that expose metrics in the formats of Prometheus. */
export default defineReceiver({
  type: 'prometheus',
  stability: 'beta',
  description: 'Scrapes targets that expose metrics in the formats of Prometheus.',
  config: Config,
  divides: true,
  validate: checkOptions,
  access: accessOf,
  create: (config, context) => new PrometheusReceiver(config, context),
})
