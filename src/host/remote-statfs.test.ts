import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { childrenRunning, writeHangingHelper } from '#src/testing/statfs-helpers.ts'
import { RemoteStatfs } from './remote-statfs.ts'
import { patienceMs, StatfsProcess, StatfsTimeout } from './statfs-process.ts'

let folder = ''
let hanging = ''
let clock = new FakeClock()
let statfs = new RemoteStatfs(clock)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-remote-'))
  hanging = join(folder, 'hanging')
  clock = new FakeClock()
  statfs = new RemoteStatfs(clock, new StatfsProcess(clock, writeHangingHelper(folder)))
})
afterEach(() => {
  statfs.close()
  rmSync(folder, { recursive: true })
})

const helpers = (): number[] => childrenRunning('hanging-helper.mjs')
const measure = async (path = hanging, device = '0:50') => await statfs.measure(device, path)

/** Lets the file system hang, and finds that out. */
async function hangs(): Promise<void> {
  writeFileSync(hanging, '')
  const [answer] = await Promise.all([Promise.allSettled([measure()]), clock.advance(patienceMs)])
  expect(answer).toMatchObject([{ reason: { reason: 'timeout', file: hanging } }])
  await vi.waitFor(() => expect(helpers()).toEqual([]))
}

test('a file system that hangs is waited for once, and then left out at once', async () => {
  await hangs()
  await expect(measure()).rejects.toMatchObject({
    reason: 'timeout',
    message: 'the file system hangs: it is left out until it answers',
  })
  expect(clock.waiting).toBe(0)
  expect(helpers()).toEqual([])
})

test('all mounts of a file system hang together, and hold one call', async () => {
  writeFileSync(hanging, '')
  const answers = Promise.allSettled([measure(), measure('/other/mount/of/it'), measure('/sound', '0:51')])
  await vi.waitFor(() => expect(helpers()).toHaveLength(1))
  await measure('/sound', '0:51')
  await clock.advance(patienceMs)
  expect(await answers).toMatchObject([
    { reason: { reason: 'timeout', file: hanging } },
    { reason: { reason: 'timeout', file: '/other/mount/of/it' } },
    { value: { files: 70n } },
  ])
})

test('it is asked again after 30 s, in the background, and is back once it answers', async () => {
  await hangs()
  rmSync(hanging)
  await clock.advance(29_999)
  await expect(measure()).rejects.toMatchObject({ reason: 'timeout' })
  expect(helpers()).toEqual([])
  await clock.advance(1)
  await expect(measure()).rejects.toMatchObject({ reason: 'timeout' })
  await vi.waitFor(async () => expect(await measure()).toMatchObject({ files: 70n }))
})

test('while it hangs on, it is asked less and less often, at least every 5 minutes', async () => {
  await hangs()
  const attempts: number[] = []
  let last = clock.monotonic()
  for (let second = 0; second < 1600; second++) {
    await clock.advance(1000)
    await expect(measure()).rejects.toMatchObject({ reason: 'timeout' })
    // An attempt has a timer until it is given up, and the next one waits until the helper of the last has ended.
    if (clock.waiting === 0) continue
    attempts.push(Math.round((clock.monotonic() - last) / 1000))
    await clock.advance(patienceMs)
    last = clock.monotonic()
    await vi.waitFor(() => expect(helpers()).toEqual([]))
  }
  expect(attempts).toEqual([30, 60, 120, 240, 300, 300, 300])
})

test('an error is an answer: the file system does not hang any more', async () => {
  const real = new RemoteStatfs(clock)
  await expect(real.measure('0:50', join(folder, 'missing'))).rejects.toMatchObject({ reason: 'not_found' })
  await expect(real.measure('0:50', join(folder, 'missing'))).rejects.toMatchObject({ reason: 'not_found' })
  expect((await real.measure('0:50', '/')).size).toBeGreaterThan(0n)
  real.close()
})

test('what is not mounted any more is forgotten', async () => {
  await hangs()
  statfs.keep(new Set(['0:50', '0:51']))
  await expect(measure('/sound')).rejects.toMatchObject({ reason: 'timeout' })
  statfs.keep(new Set(['0:51']))
  expect(await measure('/sound')).toMatchObject({ files: 70n })
})

test('the helper ends when there is nothing left to ask, and comes back with the next file system', async () => {
  await measure('/sound')
  statfs.keep(new Set(['0:50', '8:1']))
  expect(helpers()).toHaveLength(1)
  statfs.keep(new Set(['8:1']))
  await vi.waitFor(() => expect(helpers()).toEqual([]))
  expect(await measure('/sound')).toMatchObject({ files: 70n })
})

test('a file system whose call cannot even be killed is not asked again before that has ended', async () => {
  const helper = { ended: false }
  let calls = 0
  const remote = new RemoteStatfs(clock, {
    close: () => undefined,
    async measure(path) {
      calls++
      return await Promise.reject(new StatfsTimeout(path, helper))
    },
  })
  for (let cycle = 0; cycle < 10; cycle++) {
    await expect(remote.measure('0:50', hanging)).rejects.toMatchObject({ reason: 'timeout' })
    await clock.advance(60_000)
  }
  expect(calls).toBe(1)
  helper.ended = true
  await expect(remote.measure('0:50', hanging)).rejects.toMatchObject({ reason: 'timeout' })
  expect(calls).toBe(2)
})
