import { defineProcessor } from '#src/component/define.ts'
import { checkLimits, Config } from './config.ts'
import { MemoryLimiter } from './memory-limiter.ts'
import { processMemory } from './memory.ts'

/** Refuses data before the process runs out of memory. */
export default defineProcessor({
  type: 'memory_limiter',
  stability: 'beta',
  description: 'Refuses data before the process runs out of memory.',
  config: Config,
  validate: checkLimits,
  create: (config, context) => new MemoryLimiter(config, context, processMemory),
})
