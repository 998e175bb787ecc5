import { afterEach, expect, test } from 'vitest'
import { testContext } from '#src/testing/context.ts'
import { firstHost, hybridHost, unifiedHost } from '#src/testing/fake-cgroups.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { optionsOf } from '#src/testing/options.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { Config } from '../../receivers/container/config.ts'
import definition from '../../receivers/container/index.ts'

const paths = ['/kubepods/burstable/pod6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77', `/docker/${'c'.repeat(64)}`]

let host: FakeHost

afterEach(async () => {
  await host.close()
})

/** What is emitted of a host: name, kind and unit of each metric, and its labels. */
async function metricsOf(files: Readonly<Record<string, string>>, naming: string): Promise<string[]> {
  host = await FakeHost.create(files)
  const context = testContext('container')
  const options = { root_path: host.root, initial_delay: '0s', naming, cri_sockets: [], docker_sockets: [] }
  const receiver = definition.create(optionsOf(Config, options), context)
  await receiver.start()
  for (const cycles of [1, 2]) {
    await context.clock.advance(cycles === 1 ? 0 : 15_000)
    await expect.poll(() => context.collections.of('cycle').collections).toBe(cycles)
  }
  await receiver.stop()
  const shown = context.next.batches.flatMap((batch) =>
    batch.layout.series.flatMap((series) => {
      if (series === undefined) return []
      const { kind, unit } = series.metric.descriptor
      return `${series.name} ${kind} [${unit}] ${[...series.attributes].map(([label]) => label).join(',')}`
    }),
  )
  return [...new Set(shown)].toSorted()
}

/** What one version alone has, and no work can make up for. */
const unifiedAlone =
  /_pressure_|_burst_|_memory_(events|file|pgscan|pgsteal|workingset)_|io_cost|memory\.file |shares/
const firstAlone = /hugetlb_max_usage|blkio_device|memory\.total_cache/

test.each(vocabularies)(
  '19: version 1, hybrid and version 2 have the same metrics, kinds, units and labels: %s',
  async (naming) => {
    const unified = await metricsOf(unifiedHost(paths), naming)
    await host.close()
    const first = await metricsOf(firstHost(paths), naming)
    await host.close()
    const hybrid = await metricsOf(hybridHost(paths), naming)
    expect(hybrid.filter((metric) => !first.includes(metric))).toEqual([])
    expect(first.filter((metric) => !hybrid.includes(metric))).toEqual([])
    expect(first.length).toBeGreaterThan(10)
    expect(unified.filter((metric) => !first.includes(metric) && !unifiedAlone.test(metric))).toEqual([])
    expect(first.filter((metric) => !unified.includes(metric) && !firstAlone.test(metric))).toEqual([])
  },
)
