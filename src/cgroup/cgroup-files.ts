import { HostError, MalformedText } from '#src/host/host-error.ts'
import type { HostFiles } from '#src/host/host-files.ts'
import type { Controller, Hierarchies } from './hierarchies.ts'

/**
 * The files of one cgroup, in whichever hierarchy its controllers are. A file that is not there is a quantity that this
 * kernel or this cgroup does not have; which those are is remembered until `refresh`, since each miss costs as much as
 * reading several files.
 */
export class CgroupFiles {
  readonly #files: HostFiles
  readonly #hierarchies: Hierarchies
  readonly #path: string
  readonly #problem: (error: HostError) => void
  readonly #absent = new Set<string>()

  /** @param problem is told of files that are there and cannot be read or understood */
  constructor(
    files: HostFiles,
    { hierarchies, path }: { hierarchies: Hierarchies; path: string },
    problem: (error: HostError) => void,
  ) {
    this.#files = files
    this.#hierarchies = hierarchies
    this.#path = path === '/' ? '' : path
    this.#problem = problem
  }

  /** Which version a controller has; undefined where there is none. */
  version(controller: Controller): 1 | 2 | undefined {
    return this.#hierarchies.of(controller)?.version
  }

  /** What a parser makes of a file of a controller; undefined where it is not there or cannot be read. */
  read<Result>(controller: Controller, name: string, parser: (text: string) => Result): Result | undefined {
    return this.#read(this.#hierarchies.of(controller)?.folder, name, parser)
  }

  /** The same of a file that only version 2 has, whatever hierarchy the controllers are in. */
  readUnified<Result>(name: string, parser: (text: string) => Result): Result | undefined {
    return this.#read(this.#hierarchies.unified, name, parser)
  }

  /** Forgets which files were not there: a controller may have been enabled since. */
  refresh(): void {
    this.#absent.clear()
  }

  #read<Result>(
    folder: string | undefined,
    name: string,
    parser: (text: string) => Result,
  ): Result | undefined {
    if (folder === undefined) return undefined
    const file = `${folder}${this.#path}/${name}`
    if (this.#absent.has(file)) return undefined
    try {
      return this.#files.parse(file, parser)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (error.reason === 'not_found' || error.reason === 'not_supported') this.#absent.add(file)
      else if (error.reason === 'empty') return ofNothing(parser)
      else this.#problem(error)
      return undefined
    }
  }
}

/** An empty file says that there is none of what it lists: no processes, no device that did anything. */
function ofNothing<Result>(parser: (text: string) => Result): Result | undefined {
  try {
    return parser('')
  } catch (error) {
    if (error instanceof MalformedText) return undefined
    throw error
  }
}
