import { chmod, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { cgroupOf, ContainerHost, intervalMs, listAnswer, valueOf } from './container-host.ts'

const app = 'a'.repeat(64)
const late = 'b'.repeat(64)

test('14: without a socket cgroups are measured without names, and with them once there is one', async () => {
  await using here = await ContainerHost.create([app])
  const without = await here.start()
  expect(valueOf(without, 'container_memory_rss', { id: cgroupOf(app), container: '' })).toBe(3e7)
  expect(here.context.logger.lines).toEqual([])
  await here.startRuntime({ [app]: 'nginx' })
  const named = await here.cycle()
  expect(
    valueOf(named, 'container_memory_rss', { container: 'nginx', pod: 'web-1', namespace: 'shop' }),
  ).toBe(3e7)
  expect(valueOf(named, 'vm_container_collector_name_source_up', { source: here.socket })).toBe(1)
})

test('14: a runtime that goes away keeps the names that it told, is told as down, and is back within a cycle', async () => {
  await using here = await ContainerHost.create([app])
  const runtime = await here.startRuntime({ [app]: 'nginx' })
  await here.start({ use_cache: false })
  runtime.stop()
  await rm(here.socket, { force: true })
  await here.makeCgroup(late)
  for (let cycle = 0; cycle < 5; cycle++) {
    const away = await here.cycle()
    expect(valueOf(away, 'container_memory_rss', { container: 'nginx', pod: 'web-1' })).toBe(3e7)
    expect(valueOf(away, 'container_memory_rss', { id: cgroupOf(late), container: '' })).toBe(3e7)
    expect(valueOf(away, 'vm_container_collector_name_source_up', { source: here.socket })).toBe(0)
  }
  // Said once, however long it lasts.
  expect(here.context.logger.lines.map(({ level }) => level)).toEqual(['warn'])
  await runtime.listen(here.socket)
  runtime.answer('ListContainers', listAnswer({ [app]: 'nginx', [late]: 'sidecar' }))
  // The connection is made anew by real time, ten seconds at most.
  await expect
    .poll(async () => valueOf(await here.cycle(), 'container_memory_rss', { container: 'sidecar' }), {
      timeout: 12_000,
      interval: 250,
    })
    .toBe(3e7)
  expect(here.context.logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
})

test.each([
  ['nobody answers at', async (path: string) => await writeFile(path, '')],
  ['may not be used, for others than root,', async (path: string) => await chmod(path, 0)],
])('14: a socket that %s hides no number', async (_, spoil) => {
  await using here = await ContainerHost.create([app])
  const runtime = await here.startRuntime({ [app]: 'nginx' })
  await here.start({ use_cache: false })
  runtime.stop()
  await rm(here.socket, { force: true })
  await writeFile(here.socket, '')
  await spoil(here.socket)
  const samples = await here.cycle(intervalMs)
  expect(valueOf(samples, 'container_memory_rss', { container: 'nginx' })).toBe(3e7)
  expect(valueOf(samples, 'container_scrape_error')).toBe(0)
  expect(here.context.logger.lines).toHaveLength(1)
})
