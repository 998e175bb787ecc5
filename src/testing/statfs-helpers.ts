import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes a helper for `StatfsProcess` that needs no file system that hangs: every path has room for 1000 blocks, but a
 * path has no answer while a file of its name exists.
 *
 * @returns its program
 */
export function writeHangingHelper(folder: string): string {
  const program = join(folder, 'hanging-helper.mjs')
  writeFileSync(
    program,
    `import { existsSync } from 'node:fs'
     import { createInterface } from 'node:readline'
     for await (const line of createInterface({ input: process.stdin })) {
       const [id, path] = JSON.parse(line)
       if (!existsSync(path)) console.log(JSON.stringify([id, ...[4096, 4096, 1000, 600, 500, 70, 60].map(String)]))
     }`,
  )
  return program
}

/** The processes that run a program as children of a process. */
export function childrenRunning(program: string, parent: number = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        const status = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
        return words.some((each) => each.endsWith(program)) && Number(status?.[1]) === parent
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
}

/** Whether a process runs: one that has ended and was not waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
