import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdsOnTheWay, visibleMounts } from './mount-tree.ts'
import type { Mount } from './mountinfo.ts'

function mountAt(id: number, parent: number, mountPoint: string, fsType = 'ext4'): Mount {
  const rest = { device: `8:${id}`, source: 'none', options: ['rw'], superOptions: ['rw'] }
  return { id: String(id), parent: String(parent), mountPoint, fsType, ...rest }
}

const idsOf = (mounts: readonly Mount[]): string[] => mounts.map(({ id }) => id)

test.each([
  [
    'none is covered',
    [mountAt(1, 0, '/'), mountAt(2, 1, '/a'), mountAt(3, 2, '/a/b'), mountAt(4, 1, '/ab')],
    '1 2 3 4',
  ],
  [
    'one is covered by a mount on top of it',
    [mountAt(1, 0, '/'), mountAt(2, 1, '/a'), mountAt(3, 2, '/a')],
    '1 3',
  ],
  [
    'the mounts below are covered with it',
    [mountAt(1, 0, '/'), mountAt(2, 1, '/a'), mountAt(4, 2, '/a/b'), mountAt(3, 2, '/a')],
    '1 3',
  ],
  [
    'one is covered by a later mount on a folder above',
    [mountAt(1, 0, '/'), mountAt(2, 1, '/a/b'), mountAt(3, 1, '/a')],
    '1 3',
  ],
  [
    'what is on top of a covered one is covered too',
    [mountAt(1, 0, '/'), mountAt(2, 1, '/a/b'), mountAt(5, 2, '/a/b'), mountAt(3, 1, '/a')],
    '1 3',
  ],
  ['the first mount may be its own parent', [mountAt(1, 1, '/'), mountAt(2, 1, '/a')], '1 2'],
  ['numbers that go round in a circle are no harm', [mountAt(1, 2, '/a'), mountAt(2, 1, '/b')], '1 2'],
])('%s', (_, mounts, expected) => {
  expect(idsOf(visibleMounts(mounts)).join(' ')).toBe(expected)
})

/** Follows a path as the kernel does: at each folder it goes on in what is mounted there. */
function resolved(mounts: readonly Mount[], path: string): Mount | undefined {
  const folders = path.split('/').filter((name) => name !== '')
  let at = mounts[0]
  for (let depth = 0; depth <= folders.length; depth++) {
    const here = `/${folders.slice(0, depth).join('/')}`
    for (;;) {
      const parent = at
      const next = mounts.find(
        (mount) => mount.parent === parent?.id && mount.mountPoint === here && mount !== parent,
      )
      if (next === undefined) break
      at = next
    }
  }
  return at
}

test('visible is what its own path leads to, whatever was mounted in which order', () => {
  const path = fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 }).map((names) => `/${names.join('/')}`)
  fc.assert(
    fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
      const mounts = [mountAt(1, 0, '/')]
      for (const each of paths)
        mounts.push(mountAt(mounts.length + 1, Number(resolved(mounts, each)?.id), each))
      const expected = mounts.filter((mount) => resolved(mounts, mount.mountPoint) === mount)
      expect(idsOf(visibleMounts(mounts))).toEqual(idsOf(expected))
      expect(new Set(idsOf(visibleMounts(mounts.toReversed())))).toEqual(new Set(idsOf(expected)))
    }),
    { numRuns: 500 },
  )
})

test('what holds for a mount holds for all that the way leads through it', () => {
  const mounts = [
    mountAt(1, 0, '/'),
    mountAt(3, 2, '/nfs/local'),
    mountAt(2, 1, '/nfs', 'nfs4'),
    mountAt(4, 1, '/b'),
  ]
  const remote = holdsOnTheWay(mounts, ({ fsType }) => fsType === 'nfs4')
  expect(
    [...remote]
      .filter(([, holds]) => holds)
      .map(([id]) => id)
      .toSorted(),
  ).toEqual(['2', '3'])
})

test('a hundred thousand mounts on one folder, the most that Linux allows, are told apart', () => {
  const mounts = Array.from({ length: 100_000 }, (_, index) =>
    mountAt(index + 1, index, index === 0 ? '/' : '/a'),
  )
  expect(idsOf(visibleMounts(mounts))).toEqual(['1', '100000'])
})
