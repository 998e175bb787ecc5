import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeHost } from '#src/testing/fake-host.ts'
import { countTcpStates, tcpStates } from './net-tcp.ts'

let host: FakeHost

beforeEach(async () => {
  host = await FakeHost.create({})
})

afterEach(async () => await host.close())

const heading = '  sl  local_address rem_address   st\n'

function line(number: number, state: string): string {
  return `${String(number).padStart(4)}: 0100007F:0016 0100007F:86B0 ${state} 00000000:00000000 00:00000000\n`
}

async function count(text: string, signal = new AbortController().signal): Promise<Record<string, number>> {
  await host.write('tcp', text)
  const counts = new Map<string, number>()
  await countTcpStates(`${host.root}/tcp`, counts, signal)
  return Object.fromEntries(counts)
}

test('each state of the kernel is counted under its name', async () => {
  const states = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '0A', '0B']
  const counts = await count(heading + states.map((state, number) => line(number, state)).join(''))
  expect(Object.keys(counts).toSorted()).toEqual(tcpStates.toSorted())
  expect(new Set(Object.values(counts))).toEqual(new Set([1]))
})

test('requests that are not answered yet are received SYNs; unknown states are left out', async () => {
  expect(await count(heading + line(0, '0C') + line(1, '03') + line(2, '7F'))).toEqual({ syn_received: 2 })
})

test('a file of many sockets is read whole', async () => {
  const lines = Array.from({ length: 20_000 }, (_, number) => line(number, '06'))
  expect(await count(heading + lines.join(''))).toEqual({ time_wait: 20_000 })
})

test.each([
  ['cut off', heading + line(0, '01').trimEnd(), 'malformed'],
  ['without lines', 'x'.repeat(200_000), 'malformed'],
])('a text that is %s is an error', async (_, text, reason) => {
  await expect(count(text)).rejects.toMatchObject({ reason })
})

test('a file that is not there is an error', async () => {
  await expect(
    countTcpStates(`${host.root}/none`, new Map(), new AbortController().signal),
  ).rejects.toMatchObject({ reason: 'not_found', file: `${host.root}/none` })
})

test('an aborted read ends between two slices', async () => {
  const lines = Array.from({ length: 20_000 }, (_, number) => line(number, '06'))
  await expect(count(heading + lines.join(''), AbortSignal.abort())).rejects.toMatchObject({
    reason: 'timeout',
  })
})
