import { statfsSync, type BigIntStatsFs } from 'node:fs'
import { HostError, reasonOf } from './host-error.ts'

/** The room of a file system. */
export interface FileSystemSpace {
  /** Bytes. */
  readonly size: bigint
  /** Bytes that nothing uses, those reserved for root included. */
  readonly free: bigint
  /** Bytes that every user may use. */
  readonly available: bigint
  /** Inodes: 0 where the file system makes them as it needs them. */
  readonly files: bigint
  readonly filesFree: bigint
}

/** The fields of `statfs` that are needed. */
export type SpaceFields = Pick<BigIntStatsFs, 'bsize' | 'blocks' | 'bfree' | 'bavail' | 'files' | 'ffree'> &
  Partial<Pick<BigIntStatsFs, 'frsize'>>

/**
 * The room that the fields of `statfs` tell of. Blocks count in fragments (statvfs(3)), which are not what is best
 * transferred at once (`bsize`) in some file systems of FUSE; Node tells them since 24.
 */
export function spaceOf({
  frsize,
  bsize,
  blocks,
  bfree,
  bavail,
  files,
  ffree,
}: SpaceFields): FileSystemSpace {
  const block = frsize === undefined || frsize === 0n ? bsize : frsize
  return {
    size: unsigned(blocks) * block,
    free: unsigned(bfree) * block,
    available: unsigned(bavail) * block,
    files: unsigned(files),
    filesFree: unsigned(ffree),
  }
}

/** Node hands on unsigned numbers of the kernel as signed ones. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

/**
 * Measures at once, in this thread: only for a mount that cannot hang.
 *
 * @throws HostError
 */
export function statfsNow(path: string): FileSystemSpace {
  try {
    return spaceOf(statfsSync(path, { bigint: true }))
  } catch (error) {
    throw new HostError(reasonOf(error), path, error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}
