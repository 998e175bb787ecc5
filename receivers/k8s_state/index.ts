import { defineReceiver } from '#src/component/define.ts'
import { accessOf } from './access.ts'
import { checkConfig } from './check-config.ts'
import { Config } from './config.ts'
import { K8sStateReceiver } from './k8s-state-receiver.ts'

/** Tells the state of a cluster's objects. */
export default defineReceiver({
  type: 'k8s_state',
  stability: 'alpha',
  description: "Tells the state of a Kubernetes cluster's objects.",
  config: Config,
  validate: checkConfig,
  access: accessOf,
  create: (config, context) => new K8sStateReceiver(config, context),
})
