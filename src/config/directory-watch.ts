import { watch, type FSWatcher } from 'node:fs'
import type { Clock } from '#src/component/clock.ts'

/** A change of several files (a ConfigMap swaps a link and removes a folder) is over when it is quiet for this long. */
const quietMs = 500

/** What watches directories. */
export interface DirectoryWatch {
  close(): void
}

/**
 * Calls back when something in one of the directories changed and it is quiet again. Directories are watched, not
 * files: a watch on a file follows its inode, which a ConfigMap's swap of `..data` leaves behind. Whether the
 * configuration itself changed is for the caller to see.
 *
 * @param onError is told of directories that cannot be watched; the others are
 */
export function watchDirectories(
  directories: readonly string[],
  clock: Clock,
  onChange: () => void,
  onError: (directory: string, error: unknown) => void,
): DirectoryWatch {
  const watchers: FSWatcher[] = []
  let cancel: (() => void) | undefined
  const noticed = (): void => {
    cancel?.()
    cancel = clock.after(quietMs, onChange)
  }
  for (const directory of new Set(directories)) {
    try {
      const watcher = watch(directory, { persistent: false }, noticed)
      watcher.on('error', (error) => onError(directory, error))
      watchers.push(watcher)
    } catch (error) {
      onError(directory, error)
    }
  }
  return {
    close() {
      cancel?.()
      for (const watcher of watchers) watcher.close()
    },
  }
}
