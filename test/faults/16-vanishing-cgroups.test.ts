import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { attributeText } from '#src/attributes/attribute-text.ts'
import { unifiedCgroup } from '#src/testing/fake-cgroups.ts'
import { cgroupOf, ContainerHost, valueOf } from './container-host.ts'

const id = (index: number): string => index.toString(16).padStart(64, '0')

/** Families of which a container has either all series or none. */
const families = ['container_cpu_usage_seconds_total', 'container_memory_rss', 'container_threads']

test('16: containers that come and go while they are measured are no error, and no counter goes back', async () => {
  await using here = await ContainerHost.create([id(0)])
  await here.start({ workers: 1 })
  const ended = new AbortController()
  let made = 0
  const churn = (async () => {
    while (!ended.signal.aborted) {
      const containerId = id(++made)
      await here.makeCgroup(containerId, { ...unifiedCgroup, 'cpu.stat': `usage_usec ${made}000000\n` })
      await turn()
      if (made > 3) await here.removeCgroup(id(made - 3))
    }
  })()
  const highest = new Map<string, number>()
  while (highest.size < 40) {
    const samples = await here.cycle()
    expect(valueOf(samples, 'container_memory_rss', { id: cgroupOf(id(0)) })).toBe(3e7)
    for (const { name, attributes, value } of samples) {
      if (name !== 'container_cpu_usage_seconds_total' || typeof value !== 'number') continue
      const path = attributeText(attributes['id'] ?? '')
      expect(value).toBeGreaterThanOrEqual(highest.get(path) ?? 0)
      highest.set(path, value)
    }
  }
  ended.abort()
  await churn
  expect(here.context.logger.lines).toEqual([])
  expect(here.context.collections.of('cycle').errors).toEqual(new Map())
  // Of a container that is whole again nothing is missing.
  const last = await here.cycle()
  for (const name of families) expect(valueOf(last, name, { id: cgroupOf(id(made)) })).toBeDefined()
})
