import { defineProcessor } from '#src/component/define.ts'
import { BatchingProcessor } from './batching-processor.ts'
import { checkSizes, Config } from './config.ts'

/** Collects batches and hands them on together. */
export default defineProcessor({
  type: 'batch',
  stability: 'beta',
  description: 'Collects batches and hands them on together, by size or by time.',
  config: Config,
  validate: checkSizes,

  create(config, context) {
    if (config.metadata_keys.length > 0) {
      context.logger.warn('metadata_keys has no effect: all clients are batched together', {
        metadata_keys: config.metadata_keys,
      })
    }
    return new BatchingProcessor(
      {
        size: config.send_batch_size,
        maxSize: config.send_batch_max_size,
        timeoutMs: config.timeout,
      },
      context,
    )
  },
})
