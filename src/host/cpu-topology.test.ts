import { afterEach, expect, test } from 'vitest'
import { FakeHost } from '#src/testing/fake-host.ts'
import { readCpuTopology } from './cpu-topology.ts'
import { HostFiles } from './host-files.ts'

let host: FakeHost

afterEach(async () => {
  await host.close()
})

const four = `cpu  4 0 4 4 0 0 0 0 0 0\n${[0, 1, 2, 3].map((cpu) => `cpu${cpu} 1 0 1 1 0 0 0 0 0 0\n`).join('')}btime 1700000000\n`

function cpuinfo(cpu: number, socket: number, core: number): string {
  return `processor\t: ${cpu}\nphysical id\t: ${socket}\nsiblings\t: 2\ncore id\t\t: ${core}\n\n`
}

test('cores of two sockets that bear the same number are two, and threads of one core are one', async () => {
  host = await FakeHost.create({
    '/proc/stat': four,
    '/proc/cpuinfo': cpuinfo(0, 0, 0) + cpuinfo(1, 0, 0) + cpuinfo(2, 1, 0) + cpuinfo(3, 1, 1),
  })
  expect(readCpuTopology(new HostFiles(host.root))).toEqual({ logical: 4, cores: 3, sockets: 2 })
})

test('where /proc/cpuinfo does not tell, as on arm64, /sys does', async () => {
  const topology = [0, 1, 2, 3].flatMap((cpu) => {
    const folder = `/sys/devices/system/cpu/cpu${cpu}/topology`
    return [
      [`${folder}/core_id`, `${cpu}\n`],
      [`${folder}/physical_package_id`, '0\n'],
    ]
  })
  host = await FakeHost.create({
    '/proc/stat': four,
    '/proc/cpuinfo': 'processor\t: 0\nBogoMIPS\t: 243.75\n',
    ...(Object.fromEntries(topology) as Record<string, string>),
  })
  expect(readCpuTopology(new HostFiles(host.root))).toEqual({ logical: 4, cores: 4, sockets: 1 })
})

test('a kernel that tells neither has logical CPUs alone', async () => {
  host = await FakeHost.create({ '/proc/stat': four, '/proc/cpuinfo': 'processor\t: 0\n' })
  expect(readCpuTopology(new HostFiles(host.root))).toEqual({
    logical: 4,
    cores: undefined,
    sockets: undefined,
  })
})
