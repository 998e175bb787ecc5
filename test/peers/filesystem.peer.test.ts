import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort, MountNamespace, mountFuse, quoted, until } from './mount-namespace.ts'
import { measured, valuesOf, weirCommand } from './served-host.ts'

test('mounts of all kinds are shown as node_exporter and df show them', async () => {
  await using folder = await temporaryFolder()
  const [own, peer] = [await freePort(), await freePort()]
  await using _ = new MountNamespace(`
    cd ${quoted(folder.path)}
    ${mountFuse}
    mkdir -p plain bind read-only covered below/it 'back\\slash'; touch file
    mount -t tmpfs -o size=1m,nr_inodes=100 plain plain
    mount --bind plain bind
    mount --bind plain read-only; mount -o remount,bind,ro read-only
    mount --bind file file
    mount -t tmpfs -o size=2m under covered; mount -t tmpfs -o size=3m over covered
    mount -t tmpfs -o size=4m under below/it; mount -t tmpfs -o size=5m over below
    mount -t tmpfs -o size=6m 'a source' 'back\\slash'
    df -B1 --output=size,target >table
    prometheus-node-exporter --web.listen-address=127.0.0.1:${peer} --collector.disable-defaults \
      --collector.filesystem --log.level=error '--collector.filesystem.mount-points-exclude=^/(dev|proc|sys)($|/)' &
    exec ${weirCommand(own, ['filesystem'])}`)
  const ours = await until('our metrics', async () => await measured(own))
  const theirs = await until("node_exporter's", async () => await measured(peer))

  const sizes = valuesOf(ours, 'size_bytes', folder.path)
  const table = (await readFile(join(folder.path, 'table'), 'utf8')).split('\n').flatMap((line) => {
    const [, size, target = ''] = /^ *(\d+) (.*)$/.exec(line) ?? []
    return target.startsWith(folder.path) ? [[target.slice(folder.path.length + 1), Number(size)]] : []
  })
  expect(table.length).toBeGreaterThan(4)
  expect(sizes).toMatchObject(Object.fromEntries(table))
  expect(sizes).toMatchObject({
    plain: 1_048_576,
    bind: 1_048_576,
    'read-only': 1_048_576,
    covered: 3_145_728,
  })
  expect(valuesOf(ours, 'readonly', folder.path)).toMatchObject({ plain: 0, 'read-only': 1, file: 0 })
  expect(valuesOf(ours, 'files', folder.path)).toMatchObject({ plain: 100, fuse: 70 })

  // What differs: blocks that are not fragments, mounts under others, names that need more than blanks escaped.
  expect(valuesOf(theirs, 'size_bytes', folder.path)).toMatchObject({ fuse: 1000 * 1_048_576 })
  expect(valuesOf(theirs, 'device_error', folder.path)).toMatchObject({
    'below/it': 1,
    'back\\134slash': 1,
  })
  expect(valuesOf(ours, 'device_error', folder.path)).toMatchObject({ 'back\\slash': 0 })
  const differs = /(device="under"|size_bytes.*mountpoint="[^"]*\/fuse"|mountpoint="[^"]*\/back)/
  const moves = /_(avail|free)_bytes|files_free/
  const steady = (values: ReadonlyMap<string, number>): string[] =>
    [...values]
      .filter(([key]) => key.startsWith('node_filesystem_') && !differs.test(key))
      .map(([key, value]) => (moves.test(key) ? key : `${key} ${value}`))
      .toSorted()
  expect(steady(ours)).toEqual(steady(theirs))
})
