import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostError } from '#src/host/host-error.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { Recorder } from '#src/model/recorder.ts'
import { Source } from '#src/model/source.ts'
import { Facts } from '#src/naming/facts.ts'
import type { Vocabulary } from '#src/naming/vocabulary.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { CpuScraper } from './cpu-scraper.ts'

const folder = '/sys/devices/system/cpu'

let host: FakeHost
let problems: HostError[]

beforeEach(async () => {
  host = await FakeHost.create()
  problems = []
})

afterEach(async () => await host.close())

/** The names with their values, those of CPU time aside, all metrics being on. */
function measure(vocabulary: Vocabulary): string[] {
  const facts = new Facts(new Recorder(new Source('test', '')), {
    vocabularies: [vocabulary],
    enabled: () => true,
  })
  facts.begin()
  new CpuScraper(new HostFiles(host.root)).collect({
    facts,
    signal: new AbortController().signal,
    problem: (error) => void problems.push(error),
  })
  return facts
    .end(1000)
    .flatMap(samplesOf)
    .filter(({ name }) => !/time|seconds/.test(name))
    .map(({ name, value }) => `${name} ${value}`)
}

test('cores and packages count their throttles once, though each of their CPUs shows them', () => {
  expect(measure('prometheus')).toEqual([
    'node_cpu_core_throttles_total 5',
    'node_cpu_package_throttles_total 7',
    'node_cpu_isolated 1',
  ])
})

test('a machine without throttles, topology or isolated CPUs shows none', async () => {
  await host.remove('/sys')
  expect(measure('prometheus')).toEqual([])
  expect(measure('otel')).toEqual([
    'system.cpu.logical.count 2',
    'system.cpu.frequency 2300125000',
    'system.cpu.frequency 800000000',
  ])
  expect(problems).toEqual([])
})

test('cores are counted by their siblings, under the older name too', async () => {
  for (const cpu of [0, 1]) {
    await host.remove(`${folder}/cpu${cpu}/topology/core_cpus_list`)
    await host.write(`${folder}/cpu${cpu}/topology/thread_siblings_list`, `${cpu}\n`)
  }
  expect(measure('otel')).toContain('system.cpu.physical.count 2')
})

test('a part that cannot be read is a problem, and the rest is there', async () => {
  await host.write(`${folder}/cpu0/thermal_throttle/core_throttle_count`, 'many\n')
  await host.write(`${folder}/isolated`, 'x-y\n')
  expect(measure('prometheus')).toEqual([])
  expect(problems.map(({ file, line }) => [file, line])).toEqual([
    [`${host.root}${folder}/cpu0/thermal_throttle/core_throttle_count`, 1],
    [`${host.root}${folder}/isolated`, 1],
  ])
})
