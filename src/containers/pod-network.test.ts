import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostFiles } from '#src/host/host-files.ts'
import { readHostNetwork, readPodNetwork } from './pod-network.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-net-'))
})

afterEach(async () => await rm(root, { recursive: true, force: true }))

const headings = 'Inter-|   Receive |  Transmit\n face |bytes packets|bytes\n'
const zeros = ' 0'.repeat(14)

async function process(pid: number, namespace: number, interfaces: readonly string[]): Promise<void> {
  const folder = join(root, 'proc', String(pid))
  await mkdir(join(folder, 'ns'), { recursive: true })
  await mkdir(join(folder, 'net'), { recursive: true })
  await symlink(`net:[${namespace}]`, join(folder, 'ns/net'))
  const lines = interfaces.map((name) => `${name.padStart(6)}: 100 2${zeros}\n`)
  await writeFile(join(folder, 'net/dev'), headings + lines.join(''))
}

test('the interfaces of a pod are those of any of its processes, without the loopback', async () => {
  await process(1, 1, ['lo', 'eth0'])
  await process(7, 2, ['lo', 'eth0', 'longhorn0', 'veth12', 'docker0'])
  const network = readPodNetwork(new HostFiles(root), 7)
  expect(network).toMatchObject([{ name: 'eth0' }, { name: 'longhorn0' }])
  expect(network !== 'host' && network?.[0]?.statistics[0]).toEqual({
    direction: 'receive',
    statistic: 'bytes',
    value: 100,
  })
})

test('a process in the network of the first process has that of the host', async () => {
  await process(1, 1, ['lo', 'eth0'])
  await process(7, 1, ['lo', 'eth0'])
  expect(readPodNetwork(new HostFiles(root), 7)).toBe('host')
  expect(readHostNetwork(new HostFiles(root))).toMatchObject([{ name: 'eth0' }])
})

test('a process that is gone has none, and a text that is cut off is an error with its file', async () => {
  await process(1, 1, [])
  expect(readPodNetwork(new HostFiles(root), 7)).toBeUndefined()
  await process(7, 2, [])
  await writeFile(join(root, 'proc/7/net/dev'), `${headings} eth0: 1 2`)
  expect(() => readPodNetwork(new HostFiles(root), 7)).toThrow(
    expect.objectContaining({ reason: 'malformed', file: join(root, 'proc/7/net/dev') }),
  )
})
