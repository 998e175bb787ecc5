import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { memoryOfOtherThreads, memoryOfThisThread } from '#src/telemetry/thread-memory.ts'

/** What the limiter asks of the machine; all in bytes. */
export interface Memory {
  /** The heap of this thread in use, V8's own. */
  heap(): number
  /**
   * The heap in use, and what lives outside of it: buffers, WebAssembly; of all threads. Not the resident set, which does
   * not fall.
   */
  used(): number
  /** What the process may use: the limit of its control group, else the memory of the host. */
  available(): number
  /** Where V8 ends this thread, whatever the host has left. */
  heapLimit(): number
  /** Collects garbage, where the process was started so that it can (`--expose-gc`). */
  readonly collect: (() => void) | undefined
}

/** The memory of this process. */
export const processMemory: Memory = {
  heap: () => process.memoryUsage().heapUsed,
  used: () => memoryOfThisThread() + memoryOfOtherThreads(),
  available() {
    // libuv reads memory.max or memory.limit_in_bytes of the process' own group; 0 or a huge number where there is none.
    const limit = process.constrainedMemory()
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  },
  heapLimit: () => getHeapStatistics().heap_size_limit,
  get collect() {
    const { gc } = globalThis
    return gc === undefined ? undefined : () => gc()
  },
}
