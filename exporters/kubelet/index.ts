import { defineExporter } from '#src/component/define.ts'
import { kubeletAccess } from '#src/kubelet/client-config.ts'
import { watchAccess } from '#src/kubernetes/access-rule.ts'
import { pods as podResource } from '#src/kubernetes/node-pods.ts'
import { checkConfig, Config } from './config.ts'
import { KubeletExporter } from './kubelet-exporter.ts'

/** Serves what metrics-server asks of a kubelet. */
export default defineExporter({
  type: 'kubelet',
  stability: 'beta',
  description:
    'Serves CPU and memory of a node, its pods and containers as a kubelet does, for metrics-server.',
  config: Config,
  validate: checkConfig,
  access: ({ pods, kubernetes }) => [
    ...(pods === undefined ? [] : kubeletAccess(pods, ['pods'])),
    ...(kubernetes === undefined ? [] : [watchAccess({ resource: podResource })]),
  ],
  pulling: true,

  create(config, context) {
    return new KubeletExporter(config, context)
  },
})
