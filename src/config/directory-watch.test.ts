import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import { watchDirectories } from './directory-watch.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-watch-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** Puts a new version into place as the kubelet does: a folder, and a link to it that is swapped. */
async function swap(version: string, text: string): Promise<void> {
  await mkdir(join(folder, version))
  await writeFile(join(folder, version, 'weir.yaml'), text)
  await symlink(version, join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
}

test('a ConfigMap that swaps its link calls back once, and again at the next swap', async () => {
  await swap('..1', 'one')
  await symlink('..data/weir.yaml', join(folder, 'weir.yaml'))
  let calls = 0
  const watching = watchDirectories(
    [folder, folder],
    systemClock,
    () => calls++,
    () => undefined,
  )
  await swap('..2', 'two')
  await vi.waitFor(() => expect(calls).toBe(1), { timeout: 5000 })
  await swap('..3', 'three')
  await vi.waitFor(() => expect(calls).toBe(2), { timeout: 5000 })
  watching.close()
})

test('a directory that is not there is told, and the others are watched', async () => {
  const missing: string[] = []
  let calls = 0
  const watching = watchDirectories(
    [join(folder, 'no'), folder],
    systemClock,
    () => calls++,
    (directory) => missing.push(directory),
  )
  expect(missing).toEqual([join(folder, 'no')])
  await writeFile(join(folder, 'a'), '')
  await vi.waitFor(() => expect(calls).toBe(1), { timeout: 5000 })
  watching.close()
})
