import { systemClock } from '#src/component/clock.ts'
import { defineReceiver } from '#src/component/define.ts'
import { makeAll } from '#src/config/config-error.ts'
import { kubeletAccess } from '#src/kubelet/client-config.ts'
import { watchAccess } from '#src/kubernetes/access-rule.ts'
import { pods } from '#src/kubernetes/node-pods.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import { checkMetrics, Config } from './config.ts'
import { ContainerReceiver } from './container-receiver.ts'
import { compileKubelet, makeNames } from './name-sources.ts'

/** Measures containers, pods and the node from cgroups. */
export default defineReceiver({
  type: 'container',
  stability: 'alpha',
  description: 'Measures containers, pods and the node from cgroups, version 1, 2 and hybrid.',
  config: Config,
  validate(config) {
    makeAll(
      () => checkMetrics(config),
      () => {
        const { kubelet } = config
        if (kubelet !== undefined)
          compileKubelet(config, kubelet, { clock: systemClock, logger: silentLogger }).close()
      },
    )
  },
  access: ({ kubelet, kubernetes }) => [
    ...(kubelet === undefined ? [] : kubeletAccess(kubelet, ['pods'])),
    ...(kubernetes === undefined ? [] : [watchAccess({ resource: pods })]),
  ],
  create: (config, context) => new ContainerReceiver(config, context, makeNames(config, context)),
})
