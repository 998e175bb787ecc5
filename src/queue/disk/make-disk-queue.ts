import { join } from 'node:path'
import { steadyClock } from '#src/component/clock.ts'
import type { PipelineContext } from '#src/component/define.ts'
import { BufferPool } from '../buffer-pool.ts'
import type { DiskOptions } from './disk-config.ts'
import { DiskHealth } from './disk-health.ts'
import { DiskQueue } from './disk-queue.ts'
import { DirectoryLock } from './directory-lock.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { segmentBytesFor } from './queue-store.ts'

const megabyte = 1 << 20
/** How much memory of requests that were read is kept for later ones. */
const maxIdleBytes = 16 * megabyte

/** What an exporter says of its queue besides the options of the disk. */
export interface ExporterQueue {
  readonly shards: number
  /** What waits in memory at most. */
  readonly maxBytes: number
  readonly whenFull: 'refuse' | 'drop_oldest'
}

/** The folder of an exporter's queue: its id, in which a file name may have no slash. */
export function queueDirectory(directory: string, id: string): string {
  return join(directory, encodeURIComponent(id))
}

/** Makes the queue of an exporter on the disk of this machine; it is opened by `open`. */
export function makeDiskQueue(disk: DiskOptions, queue: ExporterQueue, context: PipelineContext): DiskQueue {
  const { id, clock, logger, ledger, signal } = context
  const maxDiskBytes = disk.max_megabytes * megabyte
  const directory = queueDirectory(disk.directory, id)
  const health = new DiskHealth(directory, disk.when_disk_fails, context)
  return new DiskQueue(
    {
      ...queue,
      directory,
      maxDiskBytes,
      segmentBytes: segmentBytesFor(maxDiskBytes),
      maxAgeMs: disk.max_age,
      sync: disk.sync,
      syncIntervalMs: disk.sync_interval,
      whenDiskFails: disk.when_disk_fails,
    },
    {
      files: nodeFileSystem,
      // When the wall clock is set, nothing is older than before.
      clock: steadyClock(clock),
      logger,
      ledger,
      memory: new BufferPool(maxIdleBytes),
      lock: async (path) => await DirectoryLock.take(path, clock, signal),
      report: (error) => {
        if (error === undefined) health.works()
        else void health.fails(error)
      },
    },
  )
}
