import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'

/** Links that are followed for one path. */
const maxLinks = 40

/**
 * The directories whose change means that a file may be another: the one that it is in, and those of all links on the way, as a
 * ConfigMap has them (`weir.yaml` leads to `..data/weir.yaml`, and `..data` to a folder that is swapped).
 */
export function watchedDirectories(files: readonly string[]): string[] {
  const directories = new Set<string>()
  for (const file of files) addDirectories(resolve(file), directories)
  return [...directories].toSorted()
}

function addDirectories(file: string, directories: Set<string>): void {
  directories.add(dirname(file))
  let left = file.split(sep).filter((step) => step !== '')
  let at: string = sep
  for (let links = 0; left.length > 0;) {
    const [step = '', ...others] = left
    const path = join(at, step)
    const target = links < maxLinks ? linkAt(path) : undefined
    if (target === undefined) {
      at = path
      left = others
      continue
    }
    links++
    directories.add(at)
    left = [
      ...resolve(at, target)
        .split(sep)
        .filter((part) => part !== ''),
      ...others,
    ]
    at = sep
  }
  directories.add(dirname(at))
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}
