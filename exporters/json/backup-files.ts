import { access, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

/** What is kept of renamed files. */
export interface Rotation {
  readonly maxBytes: number
  /** Days; 0 is no limit. */
  readonly maxDays: number
  /** 0 is no limit. */
  readonly maxBackups: number
  readonly localTime: boolean
}

const dayMs = 86_400_000
const timestamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)\.(\d{3})$/

/** Names of renamed files as the Collector's file exporter makes them: `data.json` becomes `data-2026-09-14T05-02-14.173.json`. */
export class BackupFiles {
  readonly #path: string
  readonly #rotation: Rotation
  readonly #extension: string
  readonly #prefix: string

  constructor(path: string, rotation: Rotation) {
    this.#path = path
    this.#rotation = rotation
    this.#extension = extname(path)
    this.#prefix = `${basename(path, this.#extension)}-`
  }

  /** Gives the file its new name, which is that of no other file. */
  async moveAway(now: number): Promise<void> {
    for (let time = now; ; time++) {
      const target = join(dirname(this.#path), this.#nameAt(time))
      if (await exists(target)) continue
      await rename(this.#path, target)
      return
    }
  }

  /** Removes files that are too many or too old. */
  async prune(now: number): Promise<void> {
    const { maxDays, maxBackups } = this.#rotation
    const folder = dirname(this.#path)
    const backups = (await readdir(folder))
      .flatMap((name) => {
        const time = this.#timeOf(name)
        return time === undefined ? [] : [{ name, time }]
      })
      .toSorted((a, b) => b.time - a.time)
    const surplus = backups.filter(
      ({ time }, index) =>
        (maxBackups > 0 && index >= maxBackups) || (maxDays > 0 && time < now - maxDays * dayMs),
    )
    for (const { name } of surplus) await unlink(join(folder, name))
  }

  #nameAt(time: number): string {
    // The fields of UTC, or of the local time as if it were UTC.
    const shift = this.#rotation.localTime ? new Date(time).getTimezoneOffset() * 60_000 : 0
    const text = new Date(time - shift).toISOString().slice(0, -1).replaceAll(':', '-')
    return `${this.#prefix}${text}${this.#extension}`
  }

  /** The time in a name; undefined for a file that is none of ours. */
  #timeOf(name: string): number | undefined {
    if (!name.startsWith(this.#prefix) || !name.endsWith(this.#extension)) return undefined
    const fields = timestamp.exec(name.slice(this.#prefix.length, name.length - this.#extension.length))
    if (fields === null) return undefined
    const [year = 0, month = 0, day, hour, minute, second, millisecond] = fields.slice(1).map(Number)
    return this.#rotation.localTime
      ? new Date(year, month - 1, day, hour, minute, second, millisecond).getTime()
      : Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
