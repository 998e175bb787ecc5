import { statSync, watch, type FSWatcher } from 'node:fs'
import type { Clock } from '#src/component/clock.ts'
import { watchedDirectories } from './watched-directories.ts'

/** A change of several files (a ConfigMap swaps a link and removes a folder) is over when it is quiet for this long. */
const quietMs = 500
/** Or this long after it began: other files of the directory may never be quiet. */
const longestMs = 5000
/** The files are looked at this often too: network and overlay file systems tell of no change. */
const pollMs = 30_000

/** What watches files. */
export interface FileWatch {
  close(): void
}

/**
 * Calls back when one of the files has changed and it is quiet again: it was written, replaced, removed, or came. Their
 * directories are watched: a watch on a file follows its inode, which a ConfigMap's swap of `..data` leaves behind. What
 * else happens in a directory counts for nothing.
 *
 * @param files absolute paths, links or not; a function where they change, such as those that a pattern matches
 * @param onError is told of directories that cannot be watched; their files are looked at every 30 s
 */
export function watchFiles(
  files: readonly string[] | (() => readonly string[]),
  clock: Clock,
  onChange: () => void,
  onError: (directory: string, error: unknown) => void,
): FileWatch {
  const list = typeof files === 'function' ? files : () => files
  const watchers = new Map<string, FSWatcher | undefined>()
  let known = stampsOf(list())
  let begun: number | undefined
  let cancel = clock.after(pollMs, look)

  function look(): void {
    begun = undefined
    cancel = clock.after(pollMs, look)
    const found = stampsOf(list())
    if (found === known) return
    known = found
    watchDirectories()
    onChange()
  }

  function noticed(): void {
    cancel()
    const now = clock.monotonic()
    begun ??= now
    cancel = clock.after(Math.min(quietMs, begun + longestMs - now), look)
  }

  function watchDirectories(): void {
    const directories = new Set(watchedDirectories(list()))
    for (const [directory, watcher] of watchers) {
      if (directories.has(directory)) continue
      watcher?.close()
      watchers.delete(directory)
    }
    for (const directory of directories) {
      if (watchers.has(directory)) continue
      try {
        const watcher = watch(directory, { persistent: false }, noticed)
        watcher.on('error', (error) => onError(directory, error))
        watchers.set(directory, watcher)
      } catch (error) {
        // Told once; the files are looked at every 30 s.
        watchers.set(directory, undefined)
        onError(directory, error)
      }
    }
  }

  watchDirectories()
  return {
    close() {
      cancel()
      for (const watcher of watchers.values()) watcher?.close()
    },
  }
}

/** A text that differs when one of the files does. */
export function stampsOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
      return stats === undefined ? 'absent' : [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(':')
    })
    .join(' ')
}
