import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exampleSummary } from '#src/testing/kubelet-summary.ts'
import { decodeResourceMetrics, usageBetween } from '#src/testing/metrics-server.ts'
import { metricFamiliesToText } from './metric-family-text.ts'
import { summaryToMetricFamilies } from './summary-metrics.ts'
import type { ContainerStats, Summary } from './summary.ts'

function textOf(summary: Summary | undefined): string {
  return metricFamiliesToText(summaryToMetricFamilies(summary))
}

/** The lines of series alone. */
function linesOf(summary: Summary): string[] {
  return textOf(summary)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

const time = new Date(1_700_000_000_302)
const podRef = { name: 'p', namespace: 'ns', uid: 'u' }

function summaryOf(node: Partial<Summary['node']>, ...containers: ContainerStats[]): Summary {
  const pods = containers.length === 0 ? [] : [{ podRef, startTime: null, containers }]
  return { node: { nodeName: 'n', startTime: null, ...node }, pods }
}

test('the metrics are those that a kubelet writes, to the letter', () => {
  expect(textOf(exampleSummary()))
    .toBe(`# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-0"} 0.001 1633253812125
container_cpu_usage_seconds_total{container="coredns",namespace="kube-system",pod="coredns-0"} 4.710169 1633253812125
container_cpu_usage_seconds_total{container="proxy",namespace="shop",pod="web-0"} 2 1633253812125
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="app",namespace="shop",pod="web-0"} 1.253376e+07 1633253812125
container_memory_working_set_bytes{container="coredns",namespace="kube-system",pod="coredns-0"} 2e+07 1633253812125
container_memory_working_set_bytes{container="proxy",namespace="shop",pod="web-0"} 495616 1633253812125
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="app",namespace="shop",pod="web-0"} 1.6332527125e+09
container_start_time_seconds{container="coredns",namespace="kube-system",pod="coredns-0"} 1.6332527125e+09
container_start_time_seconds{container="proxy",namespace="shop",pod="web-0"} 1.6332527125e+09
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 994631.562157 1633253809720
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 1.616273408e+09 1633253809720
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="shop",pod="web-0"} 2.1 1633253812125
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="shop",pod="web-0"} 1.3e+07 1633253812125
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
`)
})

test('where there was an error only the gauge says so', () => {
  expect(textOf(undefined)).toMatch(
    /^# HELP .*\n# TYPE resource_scrape_error gauge\nresource_scrape_error 1\n$/,
  )
})

test('what is absent is left out, and a value of 0 is not', () => {
  expect(linesOf(summaryOf({}))).toEqual(['resource_scrape_error 0'])
  expect(
    linesOf(summaryOf({ cpu: { time, usageCoreNanoSeconds: 0 }, memory: { time, workingSetBytes: 0n } })),
  ).toEqual([
    'node_cpu_usage_seconds_total 0 1700000000302',
    'node_memory_working_set_bytes 0 1700000000302',
    'resource_scrape_error 0',
  ])
  expect(linesOf(summaryOf({ cpu: { time }, memory: { time } }))).toEqual(['resource_scrape_error 0'])
})

function started(startTime: Date | null): string[] {
  return linesOf(summaryOf({}, { name: 'c', startTime, cpu: { time }, memory: { time } }))
}

test('a start that is not known, or before 1970, is left out; a container may have nothing else', () => {
  const labels = '{container="c",namespace="ns",pod="p"}'
  expect(started(new Date(1_700_000_000_250))).toEqual([
    `container_start_time_seconds${labels} 1.70000000025e+09`,
    'resource_scrape_error 0',
  ])
  for (const unknown of [null, new Date(-62_135_596_800_000), new Date(999), new Date(Number.NaN)])
    expect(started(unknown)).toEqual(['resource_scrape_error 0'])
})

test('swap is told for nodes, with the time of their memory, and for pods and containers, with a limit where there is one', () => {
  const memory = { time }
  const later = new Date(time.getTime() + 1000)
  const swap = { time: later, swapUsageBytes: 5, swapAvailableBytes: 7n }
  const container = { name: 'c', startTime: null, swap }
  const of = summaryOf({ memory, swap }, container, {
    name: 'd',
    startTime: null,
    swap: { time, swapAvailableBytes: 3 },
  })
  const [pod] = of.pods
  const summary = { ...of, pods: pod === undefined ? [] : [{ ...pod, swap }] }
  expect(linesOf(summary)).toEqual([
    'container_swap_limit_bytes{container="c",namespace="ns",pod="p"} 12 1700000001302',
    'container_swap_limit_bytes{container="d",namespace="ns",pod="p"} 3 1700000000302',
    'container_swap_usage_bytes{container="c",namespace="ns",pod="p"} 5 1700000001302',
    'node_swap_usage_bytes 5 1700000000302',
    'pod_swap_usage_bytes{namespace="ns",pod="p"} 5 1700000001302',
    'resource_scrape_error 0',
  ])
  expect(linesOf(summaryOf({ swap }))).toEqual([
    'node_swap_usage_bytes 5 1700000001302',
    'resource_scrape_error 0',
  ])
})

test('a time that is not known is not written', () => {
  const zero = new Date(-62_135_596_800_000)
  expect(
    linesOf(
      summaryOf({
        cpu: { time: zero, usageCoreNanoSeconds: 1e9 },
        memory: { time: null, workingSetBytes: 1 },
      }),
    ),
  ).toEqual(['node_cpu_usage_seconds_total 1', 'node_memory_working_set_bytes 1', 'resource_scrape_error 0'])
})

function containerWith(bytes: number): ContainerStats {
  return { name: 'c', startTime: null, memory: { time, workingSetBytes: bytes } }
}

test('of containers of the same name the first is told', () => {
  expect(linesOf(summaryOf({}, containerWith(1), containerWith(2)))).toEqual([
    'container_memory_working_set_bytes{container="c",namespace="ns",pod="p"} 1 1700000000302',
    'resource_scrape_error 0',
  ])
})

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const measured = fc.record({
  cpu: fc.integer({ min: 1, max: 1e12 }),
  memory: fc.integer({ min: 1, max: 1e12 }),
})
const somePods = fc.dictionary(name, fc.dictionary(name, measured, { minKeys: 1, maxKeys: 3 }), {
  maxKeys: 5,
})

test('metrics-server shows every pod whose containers have CPU and memory, at the rate between two scrapes', () => {
  fc.assert(
    fc.property(somePods, (pods) => {
      const summary = (seconds: number): Summary => {
        const at = new Date(1_700_000_000_000 + 1000 * seconds)
        const stats = (cpu: number, memory: number) => ({
          cpu: { time: at, usageCoreNanoSeconds: cpu + seconds * 1e6 },
          memory: { time: at, workingSetBytes: memory },
        })
        return {
          node: { nodeName: 'n', startTime: null, ...stats(5, 6) },
          pods: Object.entries(pods).map(([pod, containers]) => ({
            podRef: { name: pod, namespace: 'ns', uid: pod },
            startTime: null,
            containers: Object.entries(containers).map(([container, { cpu, memory }]) => ({
              name: container,
              startTime: new Date(1_600_000_000_000),
              ...stats(cpu, memory),
            })),
          })),
        }
      }
      const [before, after] = [0, 15].map((seconds) => decodeResourceMetrics(textOf(summary(seconds)), 0))
      expect(after?.node).toBeDefined()
      for (const [pod, containers] of Object.entries(pods))
        for (const [container, { memory }] of Object.entries(containers)) {
          const point = (batch: typeof before) => batch?.pods.get(`ns/${pod}`)?.get(container)
          const usage = usageBetween(point(before), point(after))
          expect(usage?.memory).toBe(memory)
          expect(usage?.cpu).toBeCloseTo(1e6, -3)
        }
    }),
  )
})

test.each([
  [
    'a container without CPU time yet',
    { cpu: { time, usageCoreNanoSeconds: 0 }, memory: { time, workingSetBytes: 1 } },
  ],
  ['a container with nothing but a start', {}],
])('the oracle hides the pod of %s', (_, stats) => {
  const body = textOf(summaryOf({}, { name: 'c', startTime: time, ...stats }))
  expect(decodeResourceMetrics(body, 0).pods.size).toBe(0)
})
