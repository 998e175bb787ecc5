import { expect, test } from 'vitest'
import { unifiedCgroup } from '#src/testing/fake-cgroups.ts'
import { cgroupOf, ContainerHost, listAnswer, valueOf } from './container-host.ts'

const before = 'a'.repeat(64)
const after = 'b'.repeat(64)
const fresh = { ...unifiedCgroup, 'cpu.stat': 'usage_usec 1000\nuser_usec 1000\nsystem_usec 0\n' }

test('17: a container that is started again is another series, with its own start; the one before ends', async () => {
  await using here = await ContainerHost.create([before])
  const runtime = await here.startRuntime({ [before]: 'nginx' })
  const first = await here.start({ naming: 'semconv', use_cache: false })
  const startOf = (containerId: string): number | undefined =>
    here.context.next.batches.findLast(
      (batch) =>
        batch.layout.source.part === cgroupOf(containerId) && !batch.walk.some((slot) => batch.isStale(slot)),
    )?.startTime
  expect(valueOf(first, 'container.cpu.time')).toBe(12.5)
  const begun = startOf(before) ?? 0
  await here.removeCgroup(before)
  await here.makeCgroup(after, fresh)
  runtime.answer('ListContainers', listAnswer({ [after]: 'nginx' }))
  here.context.next.take()
  const samples = await here.cycle()
  const times = samples.filter(({ name }) => name === 'container.cpu.time').map(({ value }) => value)
  expect(times).toEqual(['stale', 0.001])
  expect(startOf(after)).toBeGreaterThanOrEqual(begun)
  // Usage is a difference of two readings: there is none at once, and never a negative one.
  expect(valueOf(samples, 'container.cpu.usage')).toBeUndefined()
  const usage = valueOf(await here.cycle(), 'container.cpu.usage')
  expect(usage).toBe(0)
})

test('17: a cgroup that is made anew under its old path starts anew, and nothing is negative', async () => {
  await using here = await ContainerHost.create([before])
  await here.start({ naming: ['semconv', 'prometheus'] })
  // Kept until the new one is there, so that its inode is another one.
  await here.host.rename(`/sys/fs/cgroup${cgroupOf(before)}`, '/gone')
  await here.makeCgroup(before, fresh)
  const samples = await here.cycle()
  const cpu = samples.filter(({ name }) => name === 'container_cpu_usage_seconds_total')
  expect(
    cpu.filter(({ attributes }) => attributes['id'] === cgroupOf(before)).map(({ value }) => value),
  ).toEqual(['stale', 0.001])
  const usages = (await here.cycle()).filter(({ name }) => name === 'container.cpu.usage')
  expect(usages.map(({ value }) => value)).toEqual([0])
})
