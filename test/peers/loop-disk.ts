import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A small file system of ext4 in a file, which a test breaks and mends under those who use it. It needs root. Use `using`. */
export class LoopDisk implements Disposable {
  /** Where it is mounted. */
  readonly path: string
  #image: string
  #mounts = 0

  private constructor(folder: string) {
    this.path = join(folder, 'mounted')
    this.#image = join(folder, 'image')
  }

  static async make(folder: string): Promise<LoopDisk> {
    const disk = new LoopDisk(folder)
    await mkdir(disk.path)
    execFileSync('truncate', ['--size=32M', disk.#image])
    execFileSync('mkfs.ext4', ['-q', '-F', disk.#image])
    disk.#mount()
    return disk
  }

  /**
   * From now on it is read-only, also for who has files open, as after an error of the disk. What the system has not written back
   * is lost.
   */
  fail(): void {
    execFileSync('mount', ['-o', 'remount,abort', this.path])
  }

  /** Writes back what the system has of it, as it does by itself after some time. */
  writeBack(): void {
    execFileSync('sync', ['--file-system', this.path])
  }

  /** Mends a copy of what the failure left, and mounts it in place of what failed, whose files stay open as they were. */
  mend(): void {
    const failed = this.#image
    this.#image = `${failed}-mended`
    copyFileSync(failed, this.#image)
    try {
      execFileSync('e2fsck', ['-f', '-y', this.#image], { stdio: 'ignore' })
    } catch (error) {
      // 1: it mended something.
      if ((error as { status?: unknown }).status !== 1) throw error
    }
    this.#mount()
  }

  [Symbol.dispose](): void {
    for (; this.#mounts > 0; this.#mounts--) execFileSync('umount', ['--lazy', this.path])
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', this.#image, this.path])
    this.#mounts++
  }
}
