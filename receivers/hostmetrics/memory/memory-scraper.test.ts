import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { MemoryScraper } from './memory-scraper.ts'

let host: FakeHost

beforeEach(async () => {
  host = await FakeHost.create({})
})

afterEach(async () => await host.close())

/** The values of one metric by its attribute, all metrics being on. */
async function measure(
  vocabulary: Vocabulary,
  name: string,
  meminfo: string,
): Promise<Record<string, unknown>> {
  await host.write('/proc/meminfo', meminfo)
  const facts = new Facts(new Recorder(new Source('test', '')), {
    vocabularies: [vocabulary],
    enabled: () => true,
  })
  facts.begin()
  new MemoryScraper(new HostFiles(host.root)).collect({
    facts,
    signal: new AbortController().signal,
    problem: () => undefined,
  })
  const samples = facts.end(1000).flatMap(samplesOf)
  return Object.fromEntries(
    samples
      .filter((sample) => sample.name === name)
      .map(({ attributes, value }) => [(Object.values(attributes) as string[]).join(), value]),
  )
}

const old = 'MemTotal: 100 kB\nMemFree: 20 kB\nBuffers: 5 kB\nCached: 30 kB\nSReclaimable: 10 kB\n'

test('on a kernel that does not tell what is available, free and cache count as such', async () => {
  expect(await measure('vm', 'vm_node_memory_bytes', old)).toEqual({
    total: 102_400,
    used: 40 * 1024,
    free: 20 * 1024,
    available: 60 * 1024,
    buffers: 5 * 1024,
    cached: 30 * 1024,
  })
})

test('states whose fields a kernel lacks are absent', async () => {
  expect(await measure('otel', 'system.memory.usage', 'MemTotal: 100 kB\nMemFree: 20 kB\n')).toEqual({
    free: 20 * 1024,
  })
  expect(await measure('otel', 'system.memory.utilization', 'MemTotal: 0 kB\nMemFree: 20 kB\n')).toEqual({})
})

test('more available than there is, as in some containers, is nothing used', async () => {
  const text = 'MemTotal: 100 kB\nMemAvailable: 120 kB\n'
  expect(await measure('otel', 'system.memory.usage', text)).toEqual({ used: 0 })
})

test('without huge pages their share is absent', async () => {
  const none = 'MemTotal: 1 kB\nHugePages_Total: 0\nHugePages_Free: 0\n'
  expect(await measure('otel', 'system.memory.linux.hugepages.usage', none)).toEqual({ free: 0, used: 0 })
  expect(await measure('otel', 'system.memory.linux.hugepages.utilization', none)).toEqual({})
})
