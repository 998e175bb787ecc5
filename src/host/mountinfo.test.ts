import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedText } from './host-error.ts'
import { parseFilesystems, parseMountinfo, readOnly } from './mountinfo.ts'

const root = '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n'

test('a mount is parsed with or without optional fields', () => {
  expect(parseMountinfo(`${root}31 27 0:28 /sub /mnt rw - tmpfs none ro\n`)).toEqual([
    {
      id: '27',
      parent: '1',
      device: '254:0',
      mountPoint: '/',
      fsType: 'ext4',
      source: '/dev/vda',
      options: ['rw', 'relatime'],
      superOptions: ['rw', 'discard'],
    },
    {
      id: '31',
      parent: '27',
      device: '0:28',
      mountPoint: '/mnt',
      fsType: 'tmpfs',
      source: 'none',
      options: ['rw'],
      superOptions: ['ro'],
    },
  ])
})

test('a source may be empty', () => {
  expect(parseMountinfo('31 27 0:28 / /mnt rw - tmpfs  rw\n')).toMatchObject([
    { fsType: 'tmpfs', source: '', superOptions: ['rw'] },
  ])
})

test.each([
  '31 27 0:28 / /mnt rw tmpfs none rw',
  '31 27 0:28 / /mnt rw - tmpfs',
  '31 27 0:28 / /mnt - tmpfs none rw',
  '',
])('a line that is no mount is refused by its number: %j', (line) => {
  expect(() => parseMountinfo(`${root}${line}\n`)).toThrow(
    expect.objectContaining({ name: 'MalformedText', line: 2 }),
  )
})

test('a list that is cut off is refused', () => {
  expect(() => parseMountinfo(root.slice(0, -1))).toThrow(MalformedText)
})

/** As seq_escape() of the kernel. */
function escaped(text: string): string {
  return text.replace(
    /[ \t\n\\#]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

test('every name comes back as it was before the kernel escaped it', () => {
  const name = fc.string({
    unit: fc.oneof(
      fc.constantFrom(' ', '\t', '\n', '\\', '#', '0', '-'),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
    minLength: 1,
  })
  fc.assert(
    fc.property(name, name, name, (point, fsType, source) => {
      const line = `31 27 0:28 / /${escaped(point)} rw - ${escaped(fsType)} ${escaped(source)} rw\n`
      expect(parseMountinfo(line)).toMatchObject([{ mountPoint: `/${point}`, fsType, source }])
    }),
  )
})

test.each([
  ['rw,relatime', 'rw', false],
  ['ro,relatime', 'rw', true],
  ['rw', 'ro,errors=remount-ro', true],
  ['rw', 'rw,emergency_ro', true],
  ['rw', 'rw,errors=remount-ro', false],
])('options %s on a file system with %s: read-only is %s', (options, superOptions, expected) => {
  const [mount] = parseMountinfo(`1 0 8:1 / / ${options} - ext4 /dev/sda1 ${superOptions}\n`)
  expect(mount && readOnly(mount)).toBe(expected)
})

test('types on devices are those without nodev, and zfs', () => {
  expect([...parseFilesystems('nodev\tsysfs\nnodev\tzfs\n\text4\n\tfuseblk\nnodev\tfuse\n')]).toEqual([
    'zfs',
    'ext4',
    'fuseblk',
  ])
})
