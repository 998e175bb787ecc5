import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeHost } from '#src/testing/fake-host.ts'
import { reasonOf } from './host-error.ts'
import { HostFiles, mostBytes } from './host-files.ts'
import { linesOf } from './kernel-text.ts'

let host: FakeHost
let files: HostFiles

beforeEach(async () => {
  host = await FakeHost.create({
    '/proc/one': 'line 1\nline 2\n',
    '/sys/attribute': ' 7 \n',
    '/proc/nothing': '',
  })
  files = new HostFiles(host.root)
})

afterEach(async () => await host.close())

test('files are found under the root path', () => {
  expect(files.read('/proc/one')).toBe('line 1\nline 2\n')
  expect(files.mounted).toBe(true)
  expect(files.pathOf('/proc/one')).toBe(join(host.root, 'proc/one'))
  expect(files.hostPathOf(join(host.root, 'var/lib'))).toBe('/var/lib')
  expect(files.hostPathOf(host.root)).toBe('/')
  expect(files.hostPathOf('/elsewhere')).toBeUndefined()
})

test('a slash too many in the root path does not matter', () => {
  for (const root of [`${host.root}/`, `${host.root}//`, `/${host.root}`]) {
    const same = new HostFiles(root)
    expect(same.pathOf('/proc/one')).toBe(files.pathOf('/proc/one'))
    expect(same.hostPathOf(files.pathOf('/proc/one'))).toBe('/proc/one')
  }
})

test.each(['', '/'])('the root path %j is the host itself', (root) => {
  const own = new HostFiles(root)
  expect(own.mounted).toBe(false)
  expect(own.pathOf('/proc/stat')).toBe('/proc/stat')
  expect(own.hostPathOf('/var')).toBe('/var')
})

test.each([
  ['/proc/none', 'not_found'],
  ['/proc/one/below', 'not_found'],
  ['/proc/nothing', 'empty'],
  ['/proc', 'io_error'],
])('%s cannot be read: %s', (path, reason) => {
  expect(() => files.read(path)).toThrowError(
    expect.objectContaining({ reason, file: files.pathOf(path), name: 'HostError' }),
  )
})

test('what a parser does not understand is told with file and line', async () => {
  await host.write('/proc/one', 'line 1\nlin')
  expect(() => files.parse('/proc/one', linesOf)).toThrowError(
    expect.objectContaining({ reason: 'malformed', file: files.pathOf('/proc/one'), line: 2 }),
  )
})

test('a defect of a parser stays what it is', () => {
  expect(() =>
    files.parse('/proc/one', () => {
      throw new TypeError('a defect')
    }),
  ).toThrow(TypeError)
})

test('attributes are trimmed, and may be absent or empty', () => {
  expect(files.attribute('/sys/attribute')).toBe('7')
  expect(files.attribute('/sys/none')).toBeUndefined()
  expect(files.attribute('/proc/nothing')).toBe('')
  expect(files.parseAttribute('/sys/attribute', Number)).toBe(7)
  expect(files.parseAttribute('/sys/none', Number)).toBeUndefined()
})

test('a file larger than the buffer is read whole, one without end is not', async () => {
  const text = `${'x'.repeat(1000)}\n`.repeat(1000)
  await host.write('/proc/large', text)
  expect(files.read('/proc/large')).toBe(text)
  await host.write('/proc/huge', 'x'.repeat(mostBytes + 1))
  expect(() => files.read('/proc/huge')).toThrowError(expect.objectContaining({ reason: 'too_large' }))
  expect(files.read('/proc/one')).toBe('line 1\nline 2\n')
})

test('folders are listed; one that is not there is empty, a file is none', async () => {
  await mkdir(join(host.root, 'sys/class/net/eth0'), { recursive: true })
  expect(files.list('/sys/class/net')).toEqual(['eth0'])
  expect(files.list('/sys/class/none')).toEqual([])
})

test('a link tells where it points', async () => {
  await symlink('../dm-0', join(host.root, 'sys/link'))
  expect(files.link('/sys/link')).toBe('../dm-0')
  expect(files.link('/sys/attribute')).toBeUndefined()
})

test.each([
  ['ENOENT', 'not_found'],
  ['EACCES', 'permission_denied'],
  ['EPERM', 'permission_denied'],
  ['EINVAL', 'not_supported'],
  ['EIO', 'io_error'],
  ['__proto__', 'io_error'],
])('the error %s of a system call is %s', (code, reason) => {
  expect(reasonOf(Object.assign(new Error(code), { code }))).toBe(reason)
})
