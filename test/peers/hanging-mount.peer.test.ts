import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { childrenRunning, isRunning } from '#src/testing/statfs-helpers.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePort, MountNamespace, mountFuse, quoted, until } from './mount-namespace.ts'
import { measured, valuesOf, weirCommand } from './served-host.ts'

/** Whether a thread of a process is in the kernel, waiting for a file system of FUSE. */
function waitsForFuse(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).some((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stack`, 'utf8').includes('fuse_'),
  )
}

const gone = async (pid: number): Promise<boolean> =>
  await until(`the end of process ${pid}`, () => (isRunning(pid) ? undefined : true))

/** Weir beside a file system of FUSE, which it has measured. */
async function start(folder: string) {
  const port = await freePort()
  // Weir is not the first process of the namespace: the end of that one would be the end of all.
  const namespace = new MountNamespace(
    `cd ${quoted(folder)}; ${mountFuse}
${weirCommand(port, ['filesystem'])} & wait; sleep 1000`,
  )
  const values = async (metric: string): Promise<Record<string, number> | undefined> => {
    const served = await measured(port)
    return served && valuesOf(served, metric, folder)
  }
  await until('room of the file system', async () => (await values('size_bytes'))?.['fuse'])
  const weir = await namespace.pidOf('main.ts')
  const [helper = 0] = childrenRunning('statfs-helper.ts', weir)
  const server = await namespace.pidOf('fuse-server.ts')
  /** Waits until the file system counts as one that hangs, and says what else is measured. */
  const hangs = async (): Promise<string[]> => {
    const served = await until('an error of the file system', async () => {
      const now = await measured(port)
      return now !== undefined && valuesOf(now, 'device_error', folder)['fuse'] === 1 ? now : undefined
    })
    return Object.keys(valuesOf(served, 'size_bytes', ''))
  }
  return {
    weir,
    helper,
    server,
    hangs,
    [Symbol.asyncDispose]: async () => await namespace[Symbol.asyncDispose](),
  }
}

test('a file system that hangs costs its own series and the helper, which is killed', async () => {
  await using folder = await temporaryFolder()
  await using running = await start(folder.path)
  const { weir, helper, server, hangs } = running
  process.kill(server, 'SIGSTOP')
  const others = await hangs()
  expect(others.length).toBeGreaterThan(0)
  expect(others.some((point) => point.endsWith('fuse'))).toBe(false)
  await gone(helper)
  process.kill(weir, 'SIGTERM')
  await gone(weir)
})

test('a helper in a call that hangs ends with a parent that is killed', async () => {
  await using folder = await temporaryFolder()
  await using running = await start(folder.path)
  const { weir, helper, server } = running
  process.kill(server, 'SIGSTOP')
  // The next cycle, within a second, makes a call that hangs: its thread is then in the kernel.
  await until('a call that hangs', () => waitsForFuse(helper) || undefined)
  process.kill(weir, 'SIGKILL')
  expect(await gone(helper)).toBe(true)
})

test('nothing waits for a helper that cannot even be killed', async () => {
  await using folder = await temporaryFolder()
  await using running = await start(folder.path)
  const { weir, helper, server, hangs } = running
  await writeFile(join(folder.path, 'silence'), '')
  expect((await hangs()).length).toBeGreaterThan(0)
  process.kill(weir, 'SIGTERM')
  await gone(weir)
  // It was killed, but for the thread in the system call.
  await until('a killed helper', () => (!isRunning(helper) && waitsForFuse(helper)) || undefined)
  process.kill(server, 'SIGKILL')
  await until('the end of the helper', () => !existsSync(`/proc/${helper}`) || undefined)
})
