import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricFamiliesToText } from '#src/kubelet/metric-family-text.ts'
import { onlyCpuAndMemory, summaryToJson } from '#src/kubelet/summary-json.ts'
import { summaryToMetricFamilies } from '#src/kubelet/summary-metrics.ts'
import { Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { testContext } from '#src/testing/context.ts'
import {
  decodeResourceMetrics,
  decodeSummary,
  usageBetween,
  type MetricsBatch,
} from '#src/testing/metrics-server.ts'
import { layoutOf, series } from '#src/testing/series.ts'
import { NodeRows } from './node-rows.ts'
import { nodeSummary } from './node-summary.ts'

const counter = { kind: 'sum', monotonic: true } as const

/** CPU time and working set of a container, in that order, by the names of each vocabulary. */
const vocabularies: Readonly<Record<string, (pod: string, container: string) => readonly [Series, Series]>> =
  {
    prometheus(pod, container) {
      const labels = {
        namespace: 'ns',
        pod,
        container,
        id: `/kubepods/${pod}/${container}`,
        image: 'i',
        name: 'n',
      }
      return [
        series('container_cpu_usage_seconds_total', { ...labels, cpu: 'total' }, counter),
        series('container_memory_working_set_bytes', labels),
      ]
    },
    vm(pod, container) {
      const labels = {
        namespace: 'ns',
        pod_name: pod,
        container_name: container,
        container_id: `${pod}/${container}`,
      }
      return [
        series('vm_container_cpu_usage_seconds_total', labels, counter),
        series('vm_container_memory_usage_bytes', { ...labels, type: 'working_set' }),
      ]
    },
    otel(pod, container) {
      const resource = ['k8s.namespace.name', 'ns', 'k8s.pod.name', pod, 'k8s.container.name', container]
      const scope = makeScope(makeResource(resource))
      return [
        series('container.cpu.time', {}, { ...counter, scope }),
        series('container.memory.working_set', {}, { scope }),
      ]
    },
  }

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/)
const somePods = fc.dictionary(
  name,
  fc.dictionary(
    name,
    fc.record({
      vocabulary: fc.constantFrom(...Object.keys(vocabularies)),
      millicores: fc.integer({ min: 0, max: 64_000 }),
      // Idle so far: such a one must not hide its pod.
      seconds: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
      memory: fc.integer({ min: 1, max: 2 ** 40 }),
    }),
    { minKeys: 1, maxKeys: 3 },
  ),
  { maxKeys: 6 },
)

/** What metrics-server of each generation makes of an answer. */
const generations: Readonly<Record<string, (rows: NodeRows) => MetricsBatch>> = {
  'since 0.6'(rows) {
    const summary = nodeSummary(rows.current(), { nodeName: 'n', since: new Date(0) })
    return decodeResourceMetrics(metricFamiliesToText(summaryToMetricFamilies(summary)), 0)
  },
  'before 0.6'(rows) {
    const identity = { nodeName: 'n', since: new Date(0), startsOfAll: true }
    return decodeSummary(summaryToJson(onlyCpuAndMemory(nodeSummary(rows.current(), identity))))
  },
}

test.each(Object.entries(generations))(
  'every container of any vocabulary is shown by metrics-server %s, at its rate and with its memory',
  (_, decode) => {
    fc.assert(
      fc.property(somePods, (pods) => {
        const rows = new NodeRows({ nodeName: 'n', expirationMs: 0 }, testContext())
        const containers = Object.entries(pods).flatMap(([pod, all]) =>
          Object.entries(all).map(([container, facts]) => ({ pod, container, ...facts })),
        )
        const layout = layoutOf(
          containers.flatMap(
            ({ pod, container, vocabulary }) => vocabularies[vocabulary]?.(pod, container) ?? [],
          ),
        )
        const scrape = (after: number): MetricsBatch => {
          const values = containers.flatMap(({ seconds, millicores, memory }) => [
            seconds + (after * millicores) / 1000,
            memory,
          ])
          rows.take(
            new Batch(layout, { time: 1_700_000_000_000 + after * 1000, values: Float64Array.from(values) }),
          )
          return decode(rows)
        }
        const before = scrape(0)
        const after = scrape(10)
        for (const { pod, container, millicores, memory } of containers) {
          const [first, second] = [before, after].map((batch) => batch.pods.get(`ns/${pod}`)?.get(container))
          const usage = usageBetween(first, second)
          expect(usage?.memory).toBe(memory)
          expect((usage?.cpu ?? Number.NaN) / 1e6).toBeCloseTo(millicores, 2)
          // It stays the same: a later one would be a restart.
          expect(second?.start).toBe(first?.start)
          // Whoever takes the time since then for the window finds no higher rate than there was, or one CPU.
          const { cpu, time, start } = second ?? { cpu: Number.NaN, time: 0, start: 0 }
          expect(cpu / (time * 1e6 - start)).toBeLessThanOrEqual(Math.max(1, millicores / 1000) + 1e-6)
        }
      }),
    )
  },
)
