import { readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { compileGlobs } from '#src/regex/glob.ts'

/** Whether a path may be a pattern: `*` and `?` stand in the last name alone. */
export function isFilePattern(path: string): boolean {
  return !/[*?]/.test(dirname(path))
}

/**
 * The files that patterns match, absolute, each once and in order. In the last name of a path, `*` stands for any text and
 * `?` for any character. A directory that cannot be read has no files.
 */
export function matchingFiles(patterns: readonly string[]): string[] {
  return [...new Set(patterns.flatMap(matching))].toSorted()
}

function matching(pattern: string): string[] {
  const path = resolve(pattern)
  const directory = dirname(path)
  try {
    return readdirSync(directory)
      .filter(compileGlobs([basename(path)]))
      .map((name) => join(directory, name))
  } catch {
    return []
  }
}
