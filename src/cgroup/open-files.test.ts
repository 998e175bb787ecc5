import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { HostFiles } from '#src/host/host-files.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { countOpenFiles, countOpenSockets, readOpenFilesLimit } from './open-files.ts'

const real = new HostFiles()
let host: FakeHost | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a real process has as many open files as its folder lists, with or without their number as its size', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")'])
  await once(child.stdout, 'data')
  const pid = child.pid ?? 0
  const listed = readdirSync(`/proc/${pid}/fd`).length
  expect(listed).toBeGreaterThan(3)
  expect(countOpenFiles(real, [pid])).toBe(listed)
  child.kill()
  await once(child, 'exit')
  expect(countOpenFiles(real, [pid])).toBeUndefined()
  expect(readOpenFilesLimit(real, pid)).toBeUndefined()
})

test('sockets are told from other open files', async () => {
  const before = countOpenSockets(real, [process.pid]) ?? 0
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(countOpenSockets(real, [process.pid])).toBe(before + 1)
  server.close()
  await once(server, 'close')
})

test('open files of an older kernel are listed', async () => {
  host = await FakeHost.create({})
  for (const [name, target] of [
    ['0', '/dev/null'],
    ['1', 'socket:[77]'],
    ['2', 'pipe:[78]'],
  ] as const)
    await host.link(`/proc/7/fd/${name}`, target)
  const files = new HostFiles(host.root)
  expect(countOpenSockets(files, [7, 8])).toBe(1)
  expect(countOpenSockets(files, [8])).toBeUndefined()
  expect(countOpenFiles(files, [])).toBe(0)
})

test.each([
  ['1024', 1024],
  ['unlimited', -1],
])('a soft limit of %s open files is %i', async (written, limit) => {
  host = await FakeHost.create({
    '/proc/7/limits': `Limit                     Soft Limit           Hard Limit           Units     \nMax cpu time              unlimited            unlimited            seconds   \nMax open files            ${written.padEnd(20)} 1048576              files     \n`,
  })
  expect(readOpenFilesLimit(new HostFiles(host.root), 7)).toBe(limit)
})
