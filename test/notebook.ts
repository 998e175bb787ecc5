import { existsSync, readFileSync } from 'node:fs'
import type { Sample } from '#src/testing/captured-batches.ts'

/** The samples that the test exporter `notebook` has written. */
export function readNotebook(path: string): Sample[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample)
}
