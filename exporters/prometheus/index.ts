import { defineExporter } from '#src/component/define.ts'
import { Config } from './config.ts'
import { PrometheusExporter } from './prometheus-exporter.ts'

/** Serves the latest samples to Prometheus and its kin. */
export default defineExporter({
  type: 'prometheus',
  stability: 'beta',
  description: 'Serves the latest samples to Prometheus and its kin, as text or OpenMetrics.',
  config: Config,
  pulling: true,

  create(config, context) {
    return new PrometheusExporter(config, context)
  },
})
