import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CapturedLog } from '#src/testing/captured-log.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { FileOutput, type FileOptions } from './file-output.ts'

let folder = ''
let path = ''
const log = new CapturedLog()
const clock = new FakeClock(Date.UTC(2026, 8, 14, 5, 2, 14, 173))
const opened: FileOutput[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-file-'))
  path = join(folder, 'data.json')
  log.lines.length = 0
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (output) => output.close()))
  await rm(folder, { recursive: true })
})

function output(options: Partial<FileOptions> = {}): FileOutput {
  const made = new FileOutput(
    {
      path,
      append: false,
      directoryMode: undefined,
      rotation: undefined,
      compressed: false,
      syncsAtEnd: true,
      ...options,
    },
    clock,
    log,
  )
  opened.push(made)
  return made
}

function lines(...texts: string[]): Buffer[] {
  return texts.map((text) => Buffer.from(`${text}\n`))
}

async function content(name = 'data.json'): Promise<string> {
  return readFile(join(folder, name), 'utf8')
}

const rotation = { maxBytes: 10, maxDays: 0, maxBackups: 0, localTime: false }

test('a file that is there is emptied at the start, and not when it is opened again', async () => {
  await writeFile(path, 'old\n')
  const file = output()
  await file.open()
  await file.write(lines('a'))
  await rename(path, join(folder, 'moved'))
  await writeFile(path, 'of another\n')
  await file.write(lines('b'))
  expect([await content(), await content('moved')]).toEqual(['of another\nb\n', 'a\n'])
})

test('with append what was there stays, but for a line that a kill cut off', async () => {
  await writeFile(path, `{"a":1}\n{"b":${'2'.repeat(100_000)}`)
  const file = output({ append: true })
  await file.write(lines('{"c":3}'))
  expect(await content()).toBe('{"a":1}\n{"c":3}\n')
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { path, bytes: 100_005 } }])
})

test('a file without any whole line is emptied, one that ends well is left alone', async () => {
  await writeFile(path, 'torn')
  await output({ append: true }).write(lines('a'))
  await output({ append: true }).write(lines('b'))
  expect(await content()).toBe('a\nb\n')
  expect(log.lines.length).toBe(1)
})

test('a file that was moved away, removed or replaced is begun anew, and one that was emptied goes on', async () => {
  const file = output()
  await file.write(lines('a'))
  await rename(path, join(folder, 'data.json.1'))
  await file.write(lines('b'))
  await rm(path)
  await file.write(lines('c'))
  await file.write(lines('d'))
  await truncate(path)
  await file.write(lines('e'))
  expect([await content(), await content('data.json.1')]).toEqual(['e\n', 'a\n'])
})

test('directories are made where that is asked for, with their permissions', async () => {
  path = join(folder, 'x', 'y', 'data.json')
  expect(await output().write(lines('a'))).toMatchObject({ whole: 0, error: { code: 'ENOENT' } })
  expect(await output({ directoryMode: 0o700 }).write(lines('a'))).toEqual({ whole: 1 })
  expect((await stat(join(folder, 'x', 'y'))).mode & 0o777).toBe(0o700)
})

test('a file is renamed before it grows beyond its size; each has whole chunks only', async () => {
  const file = output({ rotation })
  for (let chunks = lines('aaa', 'bbb', 'ccc', 'ddd', 'eee'); chunks.length > 0;) {
    const { whole } = await file.write(chunks)
    expect(whole).toBeGreaterThan(0)
    chunks = chunks.slice(whole)
  }
  await file.write(lines('x'.repeat(30)))
  await file.write(lines('y'))
  expect((await readdir(folder)).toSorted()).toEqual([
    'data-2026-09-14T05-02-14.173.json',
    'data-2026-09-14T05-02-14.174.json',
    'data-2026-09-14T05-02-14.175.json',
    'data-2026-09-14T05-02-14.176.json',
    'data.json',
  ])
  const all = await Promise.all((await readdir(folder)).toSorted().map(async (name) => content(name)))
  expect(all).toEqual(['aaa\nbbb\n', 'ccc\nddd\n', 'eee\n', `${'x'.repeat(30)}\n`, 'y\n'])
})

test('old files beyond the number and the age are removed, other files are not', async () => {
  const names = [
    'data-2026-09-10T00-00-00.000.json',
    'data-2026-09-13T00-00-00.000.json',
    'data-2026-09-14T00-00-00.000.json',
    'data-2026-09-14T00-00-00.000.txt',
    'data-copy.json',
    'other-2026-09-10T00-00-00.000.json',
  ]
  for (const name of names) await writeFile(join(folder, name), '')
  const file = output({ rotation: { ...rotation, maxDays: 3, maxBackups: 2 } })
  await file.write(lines('aaaaaaaa'))
  await file.write(lines('b'))
  expect((await readdir(folder)).toSorted()).toEqual([
    'data-2026-09-14T00-00-00.000.json',
    'data-2026-09-14T00-00-00.000.txt',
    'data-2026-09-14T05-02-14.173.json',
    'data-copy.json',
    'data.json',
    'other-2026-09-10T00-00-00.000.json',
  ])
})

test('names bear the local time where that is asked for, and their age is known from it', async () => {
  const file = output({ rotation: { ...rotation, localTime: true, maxDays: 1 } })
  await file.write(lines('aaaaaaaa'))
  await file.write(lines('b'))
  const local = new Date(clock.now())
  const hour = String(local.getHours()).padStart(2, '0')
  expect((await readdir(folder)).toSorted()[0]).toMatch(new RegExp(`^data-2026-09-1\\dT${hour}-`))
})

test('old files that cannot be removed are told of, and writing goes on', async () => {
  await mkdir(join(folder, 'data-2020-01-01T00-00-00.000.json'))
  const file = output({ rotation: { ...rotation, maxBackups: 1 } })
  await file.write(lines('aaaaaaaa'))
  expect(await file.write(lines('b'))).toEqual({ whole: 1 })
  expect(log.lines).toMatchObject([{ level: 'warn', message: 'old files could not be removed' }])
})

test('with compression a file of an earlier process is put aside, since its end cannot be judged', async () => {
  await writeFile(path, 'torn frame')
  const file = output({ rotation: { ...rotation, maxBytes: 1000 }, compressed: true })
  await file.write([Buffer.from('frame')])
  expect((await readdir(folder)).toSorted()).toEqual(['data-2026-09-14T05-02-14.173.json', 'data.json'])
  expect(await content()).toBe('frame')
})

test('what was written since the last sync can be taken back', async () => {
  const file = output()
  await file.write(lines('a'))
  await file.sync()
  await file.write(lines('b', 'c'))
  await file.takeBack()
  await file.write(lines('d'))
  expect(await content()).toBe('a\nd\n')
})

test('a directory, and a device that is full, say so', async () => {
  await mkdir(path)
  expect(await output().write(lines('a'))).toMatchObject({ whole: 0, error: { code: 'EISDIR' } })
  await rm(path, { recursive: true })
  await symlink('/dev/full', path)
  const file = output()
  expect(await file.write(lines('a'))).toMatchObject({ whole: 0, error: { code: 'ENOSPC' } })
  await file.sync()
  await file.takeBack()
})

test('a device goes on where the path means a file again', async () => {
  await symlink('/dev/full', path)
  const file = output()
  await file.write(lines('a'))
  await rm(path)
  expect(await file.write(lines('b'))).toEqual({ whole: 1 })
  expect(await content()).toBe('b\n')
})

test('a file that somebody emptied does not grow when something is taken back', async () => {
  const file = output()
  await file.write(lines('aaaa'))
  await file.sync()
  await truncate(path)
  await file.takeBack()
  await file.write(lines('b'))
  expect(await content()).toBe('b\n')
})
