import { expect, test } from 'vitest'
import { cgroupOf, ContainerHost, intervalMs, valueOf } from './container-host.ts'

const app = 'a'.repeat(64)

test('15: a runtime that hangs delays a cycle by half an interval at most, and has one question at a time', async () => {
  await using here = await ContainerHost.create([app])
  const runtime = await here.startRuntime({ [app]: 'nginx' })
  await here.start({ use_cache: false })
  const asked = runtime.count('ListContainers')
  runtime.answer('ListContainers', 'silence')
  const { clock, collections, next } = here.context
  await clock.advance(intervalMs / 2)
  for (let cycle = 1; cycle <= 3; cycle++) {
    next.take()
    await clock.advance(intervalMs)
    await expect.poll(() => collections.of('cycle').collections).toBe(1 + cycle)
    const samples = next.samples
    expect(valueOf(samples, 'container_memory_rss', { id: cgroupOf(app), container: 'nginx' })).toBe(3e7)
  }
  expect(runtime.count('ListContainers')).toBe(asked + 1)
})
