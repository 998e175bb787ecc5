import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { fileErrorText, readBoundedFile, UnreadableFile } from './bounded-file.ts'

/**
 * Where files that `${file:...}` names may be, beside the directories of the configuration files: where secrets are mounted
 * and where configuration of such programs lies. Whoever writes the configuration should not read all that this process can.
 */
const usualRoots = [
  '/etc/weir',
  '/etc/otel',
  '/etc/otelcol',
  '/etc/otelcol-contrib',
  '/etc/prometheus',
  '/etc/secrets',
  '/run/secrets',
  '/var/run/secrets',
  '/mnt/secrets-store',
  '/vault/secrets',
]

/** Never read, whatever roots say: they hold what this process was given, and devices. */
const refusedRoots = ['/proc', '/sys', '/dev']

/** Too wide to be roots because a configuration file lies there. */
const wideDirectories = new Set(['/', '/etc', '/home', '/root', '/tmp', '/usr', '/var'])

/** Reads the files that `${file:...}` names, where it may. */
export class ReferencedFiles {
  readonly #roots: readonly string[]
  readonly #contents = new Map<string, string>()
  readonly #read = new Set<string>()

  /** @param files the configuration files, absolute */
  constructor(files: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
    const ownDirectories = files.flatMap((file) => [dirname(file), dirname(realOf(file) ?? file)])
    const named = [environment['CREDENTIALS_DIRECTORY'], ...(environment['WEIR_FILE_ROOTS'] ?? '').split(':')]
    const roots = [
      ...ownDirectories.filter((directory) => !wideDirectories.has(directory)),
      ...usualRoots,
      ...named.flatMap((root) => (root === undefined || !isAbsolute(root) ? [] : [resolve(root)])),
    ]
    this.#roots = [...new Set(roots)]
  }

  /** The paths that were read, absolute. */
  get paths(): readonly string[] {
    return [...this.#read]
  }

  /**
   * The text of a file.
   *
   * @param directory what a relative path is relative to
   * @throws UnreadableFile that says why not, without anything of the content
   */
  read(path: string, directory: string): string {
    const file = resolve(directory, path)
    const known = this.#contents.get(file)
    if (known !== undefined) return known
    if (!this.#roots.some((root) => isInside(file, root))) throw this.#outside()
    this.#read.add(file)
    try {
      const real = realpathSync(file)
      if (refusedRoots.some((root) => isInside(real, root)))
        throw new UnreadableFile(`files below ${refusedRoots.join(', ')} are not read`)
      const realRoots = this.#roots.flatMap((root) => realOf(root) ?? [])
      if (!realRoots.some((root) => isInside(real, root))) throw this.#outside('it is a symbolic link out of')
      const text = readBoundedFile(real, {
        regular: true,
        check: (descriptor) => checkPath(descriptor, real),
      })
      this.#contents.set(file, text)
      return text
    } catch (error) {
      throw new UnreadableFile(fileErrorText(error))
    }
  }

  #outside(what = 'it is outside'): UnreadableFile {
    return new UnreadableFile(
      `${what} the directories where files may be (${this.#roots.join(', ')}): move it, or name its directory in the environment variable WEIR_FILE_ROOTS`,
    )
  }
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path)
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith('../'))
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** A directory of the path may have become a link since it was resolved. */
function checkPath(descriptor: number, expected: string): void {
  let opened: string
  try {
    opened = readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return
  }
  if (opened !== expected) throw new UnreadableFile('it changed while it was opened')
}
