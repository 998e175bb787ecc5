// What components of the user's own build on: they import it as `weir/plugin`. docs/plugins.md shows how.
export type { Clock } from '#src/component/clock.ts'
export {
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  type Exporter,
  type Extension,
  type Processor,
  type ProcessorContext,
  type Receiver,
  type ReceiverContext,
} from '#src/component/define.ts'
export { every, type Schedule } from '#src/component/schedule.ts'
export { ConfigError } from '#src/config/config-error.ts'
export { Duration, Options, SecretText, Type } from '#src/config/schema.ts'
export { Secret } from '#src/config/secret.ts'
export type { AccessRule, Account } from '#src/kubernetes/access-rule.ts'
export { internAttributes, type AttributeSet, type AttributeValue } from '#src/model/attribute-set.ts'
export { Batch } from '#src/model/batch.ts'
export type { Layout } from '#src/model/layout.ts'
export { Recorder } from '#src/model/recorder.ts'
export { emptyScope, makeResource, makeScope } from '#src/model/resource.ts'
export { makeDescriptor, Metric, Series } from '#src/model/series.ts'
export { Source } from '#src/model/source.ts'
export { pointsIn, type Consumer } from '#src/pipeline/consumer.ts'
export { Receipt } from '#src/pipeline/receipt.ts'
export { notHeldBack, type Logger } from '#src/telemetry/logger.ts'
