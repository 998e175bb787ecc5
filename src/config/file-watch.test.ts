import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { watchFiles, type FileWatch } from './file-watch.ts'

let folder: string
let watching: FileWatch | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-'))
})
afterEach(async () => {
  watching?.close()
  await rm(folder, { recursive: true })
})

async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Watches a file of the folder, and counts its changes. */
function watched(
  file = 'weir.yaml',
  clock = new FakeClock(),
): { changes: number; readonly errors: string[]; readonly clock: FakeClock } {
  const seen = { changes: 0, errors: [] as string[], clock }
  watching = watchFiles(
    [join(folder, file)],
    clock,
    () => void seen.changes++,
    (directory) => seen.errors.push(directory),
  )
  return seen
}

test('the swap of ..data, as a ConfigMap does it, is one change', async () => {
  await mkdir(join(folder, '..one'))
  await mkdir(join(folder, '..two'))
  for (const version of ['..one', '..two']) await writeFile(join(folder, version, 'weir.yaml'), version)
  await symlink('..one', join(folder, '..data'))
  await symlink('..data/weir.yaml', join(folder, 'weir.yaml'))
  let changes = 0
  watching = watchFiles([join(folder, 'weir.yaml')], systemClock, () => changes++, expect.unreachable)
  await symlink('..two', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await rm(join(folder, '..one'), { recursive: true })
  await until(() => changes > 0)
  expect(changes).toBe(1)
})

test('a link into another folder is followed', async () => {
  await mkdir(join(folder, 'real'))
  await writeFile(join(folder, 'real', 'file'), 'one')
  await symlink('real/file', join(folder, 'weir.yaml'))
  let changes = 0
  watching = watchFiles([join(folder, 'weir.yaml')], systemClock, () => changes++, expect.unreachable)
  await writeFile(join(folder, 'real', 'file'), 'other')
  await until(() => changes > 0)
  expect(changes).toBe(1)
})

test('what else happens in the folder counts for nothing, and does not hide a change for ever', async () => {
  const clock = new FakeClock()
  const seen = watched('weir.yaml', clock)
  await writeFile(join(folder, 'other'), 'text')
  await until(() => clock.waiting === 1)
  await clock.advance(5000)
  expect(seen.changes).toBe(0)
  await writeFile(join(folder, 'weir.yaml'), 'text')
  // Never quiet for half a second: the change is seen after 5 s all the same.
  for (let turn = 0; turn < 30 && seen.changes === 0; turn++) {
    await writeFile(join(folder, 'other'), `${turn}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await clock.advance(400)
  }
  expect(seen.changes).toBe(1)
})

test('a folder that cannot be watched is told, and the file is looked at all the same', async () => {
  const seen = watched('later/weir.yaml')
  expect(seen.errors).toEqual([join(folder, 'later')])
  await mkdir(join(folder, 'later'))
  await writeFile(join(folder, 'later', 'weir.yaml'), 'text')
  await seen.clock.advance(30_000)
  expect(seen.changes).toBe(1)
  await seen.clock.advance(30_000)
  expect(seen.changes).toBe(1)
})

test('nothing is left of a watch that is closed', async () => {
  const seen = watched()
  watching?.close()
  await writeFile(join(folder, 'weir.yaml'), 'text')
  await seen.clock.advance(60_000)
  expect([seen.changes, seen.clock.waiting]).toEqual([0, 0])
})
