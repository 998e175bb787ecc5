import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/temporary-folder.ts'
import { isFilePattern, matchingFiles } from './file-pattern.ts'

test('patterns match names in their directory, each file once', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'deeper'))
  for (const name of ['a.yml', 'b.yml', 'b.json', 'deeper/c.yml'])
    await writeFile(join(folder.path, name), '')
  const match = (...patterns: string[]): string[] =>
    matchingFiles(patterns.map((pattern) => join(folder.path, pattern))).map((file) => basename(file))
  expect(match('*.yml', 'b.*')).toEqual(['a.yml', 'b.json', 'b.yml'])
  expect(match('?.json', 'a.yml')).toEqual(['a.yml', 'b.json'])
  expect(match('none/*', 'no.yml')).toEqual([])
})

test('only the last name of a path is a pattern', () => {
  expect(['/a/*.yml', 'a?', '/a/b'].map(isFilePattern)).toEqual([true, true, true])
  expect(['/*/a.yml', '/a?/b'].map(isFilePattern)).toEqual([false, false])
})
