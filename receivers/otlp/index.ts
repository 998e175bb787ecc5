import { defineReceiver } from '#src/component/define.ts'
import { checkOptions, Config } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

/** Takes metrics that are pushed by OTLP. */
export default defineReceiver({
  type: 'otlp',
  stability: 'beta',
  description: 'Takes metrics that are pushed by OTLP, over gRPC and over HTTP in protobuf and JSON.',
  config: Config,
  validate: checkOptions,
  create: (config, context) => new OtlpReceiver(config, context),
})
