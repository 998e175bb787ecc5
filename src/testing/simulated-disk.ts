import { basename, dirname, join } from 'node:path'
import type { DirectoryEntry, QueueFile, QueueFileSystem } from '#src/queue/disk/file-system.ts'
import { SimulatedFile } from './simulated-file.ts'
import type { SeededRandom } from './random.ts'

/** A change of names that a directory may not have on disk yet. */
type NameChange =
  | { readonly kind: 'link'; readonly path: string; readonly file: SimulatedFile }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }

/** An operation, by its name in `QueueFileSystem` and `QueueFile`; to create a file is one of its own. */
export type Operation = Exclude<keyof QueueFileSystem | keyof QueueFile, 'close'> | 'create'

/**
 * A file system in memory that can crash at every operation, as it would on a disk: when the power fails, what was not
 * synced is lost, kept, or torn, names and contents apart. Each operation can be made to fail.
 */
export class SimulatedDisk {
  readonly #random: SeededRandom
  #names = new Map<string, SimulatedFile>()
  #durableNames = new Map<string, SimulatedFile>()
  #changes: NameChange[] = []
  readonly #directories = new Set<string>()
  /** Counts processes: what an earlier one left open or began is dead. */
  #process = 0
  /** After so many operations more the process is dead: the last one is done in part. */
  operationsLeft = Infinity
  /** The code of the error that an operation fails with; undefined lets it work. */
  fails: ((operation: Operation, path: string) => string | undefined) | undefined
  /** Told of each operation that is done, for people. */
  tell: (operation: Operation, path: string) => void = () => undefined
  /** The files that are open. */
  readonly openFiles = new Map<QueueFile, string>()

  constructor(random: SeededRandom) {
    this.#random = random
  }

  get isFailing(): boolean {
    return this.fails !== undefined
  }

  /** Whether the process has come to its end. */
  get isDead(): boolean {
    return this.operationsLeft <= 0
  }

  /** Ends the process: what it has written is there. */
  kill(): void {
    this.#process++
    this.operationsLeft = Infinity
    this.openFiles.clear()
    this.fails = undefined
  }

  /** Ends the process, and of what was not synced only a part is there. */
  cutPower(): void {
    this.kill()
    this.#names = new Map(this.#durableNames)
    const isOrdered = this.#random.chance(0.5)
    for (const change of this.#changes) {
      if (this.#random.chance(0.5)) apply(change, this.#names)
      else if (isOrdered) break
    }
    this.#durableNames = new Map(this.#names)
    this.#changes = []
    for (const file of new Set(this.#names.values())) file.losePower(this.#random)
  }

  /** A file's bytes, for a test to look at or to change. */
  contentOf(path: string): Buffer | undefined {
    return this.#names.get(path)?.content
  }

  /** Puts a file there, durably. */
  put(path: string, content: Buffer): void {
    const file = new SimulatedFile(content)
    this.#names.set(path, file)
    this.#durableNames.set(path, file)
  }

  /** Begins a process: the file system as it sees it, until it is killed. */
  begin(): QueueFileSystem {
    const process = ++this.#process
    const run = async <Result>(operation: Operation, path: string, action: () => Result): Promise<Result> =>
      await this.#operate(process, operation, path, action)
    return {
      makeDirectory: async (path) => await run('makeDirectory', path, () => void this.#directories.add(path)),
      list: async (directory) => await run('list', directory, () => this.#list(directory)),
      open: async (path, mode) =>
        await run(mode === 'create' ? 'create' : 'open', path, () => this.#open(process, path, mode)),
      rename: async (from, to) =>
        await run('rename', from, () => {
          if (!this.#names.has(from)) throw systemError('ENOENT', from)
          this.#change({ kind: 'rename', from, to })
        }),
      unlink: async (path) =>
        await run('unlink', path, () => {
          if (!this.#names.has(path)) throw systemError('ENOENT', path)
          this.#change({ kind: 'unlink', path })
        }),
      syncDirectory: async (path) => await run('syncDirectory', path, () => this.#syncDirectory(path)),
    }
  }

  #list(directory: string): DirectoryEntry[] {
    if (!this.#directories.has(directory)) throw systemError('ENOENT', directory)
    return [...this.#names]
      .filter(([path]) => dirname(path) === directory)
      .map(([path, { content }]) => ({ name: basename(path), isFile: true, bytes: content.length }))
  }

  #open(process: number, path: string, mode: 'read' | 'create' | 'change'): QueueFile {
    let file = this.#names.get(path)
    if (mode === 'create') {
      if (file !== undefined) throw systemError('EEXIST', path)
      file = new SimulatedFile()
      this.#change({ kind: 'link', path, file })
    }
    if (file === undefined) throw systemError('ENOENT', path)
    const handle = this.#handle(process, file, path)
    this.openFiles.set(handle, `${path} (${mode})`)
    return handle
  }

  #syncDirectory(path: string): void {
    const isOf = (change: NameChange): boolean =>
      dirname(change.kind === 'rename' ? change.to : change.path) === path
    for (const change of this.#changes) if (isOf(change)) apply(change, this.#durableNames)
    this.#changes = this.#changes.filter((change) => !isOf(change))
  }

  #change(change: NameChange): void {
    apply(change, this.#names)
    this.#changes.push(change)
  }

  #handle(process: number, file: SimulatedFile, path: string): QueueFile {
    const random = this.#random
    const handle: QueueFile = {
      read: async (into, position) =>
        await this.#operate(process, 'read', path, () => file.read(into, position)),
      write: async (chunks, position) => {
        const bytes = Buffer.concat(chunks)
        await this.#operate(
          process,
          'write',
          path,
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, random.below(bytes.length + 1)), position),
        )
      },
      sync: async () =>
        await this.#operate(
          process,
          'sync',
          path,
          () => file.sync(),
          () => file.failSync(),
        ),
      truncate: async (length) => await this.#operate(process, 'truncate', path, () => file.truncate(length)),
      close: async () => {
        this.openFiles.delete(handle)
      },
    }
    return handle
  }

  /**
   * Does something, in the background, unless it is to fail.
   *
   * @param partly what an operation that fails, or that a crash ends, does all the same
   */
  async #operate<Result>(
    process: number,
    operation: Operation,
    path: string,
    action: () => Result,
    partly: () => void = () => undefined,
  ): Promise<Result> {
    for (let turns = this.#random.below(4); turns > 0; turns--) await Promise.resolve()
    if (process !== this.#process || this.isDead) return await forever()
    if (--this.operationsLeft <= 0) {
      // A sync that a crash ends has not failed.
      if (operation !== 'sync' && this.#random.chance(0.5)) partly()
      return await forever()
    }
    this.tell(operation, path)
    const code = this.fails?.(operation, path)
    if (code !== undefined) {
      partly()
      throw systemError(code, path)
    }
    return action()
  }
}

/** What a dead process waits for: one each, or what waits could never be collected. */
async function forever(): Promise<never> {
  return await new Promise<never>(() => undefined)
}

function apply(change: NameChange, names: Map<string, SimulatedFile>): void {
  if (change.kind === 'link') names.set(change.path, change.file)
  else if (change.kind === 'unlink') names.delete(change.path)
  else {
    const file = names.get(change.from)
    if (file === undefined) return
    names.delete(change.from)
    names.set(change.to, file)
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code })
}

/** A directory of the simulated disk. */
export const simulatedDirectory = join('/', 'queue')
