import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { HostFiles } from './host-files.ts'
import { hostMounts } from './mounts.ts'

let root = ''
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** A host with the lists of mounts of some processes. */
function hostWith(lists: Readonly<Record<string, (path: string) => string>>): HostFiles {
  root = mkdtempSync(join(tmpdir(), 'weir-mounts-'))
  for (const [process, list] of Object.entries(lists)) {
    mkdirSync(join(root, 'proc', process), { recursive: true })
    writeFileSync(join(root, 'proc', process, 'mountinfo'), list(root))
  }
  return new HostFiles(root)
}

test('the mounts of the first process are those of the host', () => {
  const files = hostWith({
    '1': () => '20 1 8:1 / / rw - ext4 /dev/sda1 rw\n',
    self: () => '90 1 0:9 / / rw - overlay overlay rw\n',
  })
  expect(hostMounts(files)).toMatchObject([{ mountPoint: '/', source: '/dev/sda1' }])
})

test('a list that changed is read anew', () => {
  const files = hostWith({ '1': () => '20 1 8:1 / / rw - ext4 /dev/sda1 rw\n' })
  const first = hostMounts(files)
  expect(hostMounts(files)).toEqual(first)
  writeFileSync(
    join(root, 'proc/1/mountinfo'),
    '20 1 8:1 / / ro - ext4 /dev/sda1 rw\n21 20 8:2 / /var rw - ext4 /dev/sda2 rw\n',
  )
  expect(hostMounts(files)).toMatchObject([
    { mountPoint: '/', options: ['ro'] },
    { mountPoint: '/var', source: '/dev/sda2' },
  ])
})

test('where that list is hidden, those of this process under the root path are', () => {
  const files = hostWith({
    self: (path) =>
      `90 1 0:9 / / rw - overlay overlay rw\n91 90 8:1 / ${path} rw - ext4 /dev/sda1 rw\n` +
      `92 91 8:2 / ${path}/var rw - ext4 /dev/sda2 rw\n93 90 8:1 /etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n`,
  })
  expect(hostMounts(files).map(({ mountPoint }) => mountPoint)).toEqual(['/', '/var'])
})

test('where there is no list the file is named', () => {
  const files = hostWith({})
  expect(() => hostMounts(files)).toThrow(
    expect.objectContaining({ reason: 'not_found', file: `${root}/proc/self/mountinfo` }),
  )
})

test('a list that is not understood is told, and no other one taken', () => {
  const files = hostWith({ '1': () => 'nonsense\n', self: () => '20 1 8:1 / / rw - ext4 /dev/sda1 rw\n' })
  expect(() => hostMounts(files)).toThrow(expect.objectContaining({ reason: 'malformed', line: 1 }))
})

test.each([
  ['ext4', 'ext4', false],
  ['overlay', 'xfs', false],
  ['zfs', 'tmpfs', false],
  ['ext4', 'nfs4', true],
  ['ext4', 'fuse.sshfs', true],
  ['ext4', 'fuseblk', true],
  ['ext4', 'autofs', true],
  ['ext4', 'overlay', true],
  ['ext4', 'zfs', true],
  ['ext4', 'virtiofs', true],
  ['ext4', 'what-comes-next-year', true],
  ['nfs4', 'ext4', true],
  ['fuse.lxcfs', 'tmpfs', true],
])('a mount through %s on %s may hang: %s', (outer, inner, expected) => {
  const files = hostWith({
    '1': () => `20 1 8:1 / / rw - ${outer} none rw\n21 20 8:2 / /mnt rw - ${inner} none rw\n`,
  })
  expect(hostMounts(files)[1]).toMatchObject({ fsType: inner, mayHang: expected })
})
