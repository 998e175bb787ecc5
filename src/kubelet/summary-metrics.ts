import { compareBytewise } from '#src/model/attribute-set.ts'
import type { FamilyMetric, LabelPair, MetricFamily } from './metric-family.ts'
import type {
  ContainerStats,
  NodeStats,
  PodStats,
  Summary,
  SummaryTime,
  SwapStats,
  Uint64,
} from './summary.ts'

/** A sample of a row: a value, and the time at which it was taken where it bears one. */
interface Sample {
  readonly value: number
  readonly time?: SummaryTime | undefined
}

/** A family of `/metrics/resource`: how it is described, and what it takes of a row. */
interface Family<Row> {
  readonly name: string
  readonly type: 'COUNTER' | 'GAUGE'
  readonly help: string
  readonly sample: (row: Row) => Sample | undefined
}

function cpuSample({ cpu }: Pick<NodeStats, 'cpu'>): Sample | undefined {
  const nanoseconds = cpu?.usageCoreNanoSeconds
  return nanoseconds === undefined ? undefined : { value: Number(nanoseconds) / 1e9, time: cpu?.time }
}

function memorySample({ memory }: Pick<NodeStats, 'memory'>): Sample | undefined {
  return sampleOf(memory?.workingSetBytes, memory?.time)
}

function swapSample({ swap }: Pick<NodeStats, 'swap'>): Sample | undefined {
  return sampleOf(swap?.swapUsageBytes, swap?.time)
}

function sampleOf(value: Uint64 | undefined, time: SummaryTime | undefined): Sample | undefined {
  return value === undefined ? undefined : { value: Number(value), time }
}

/** The limit as the kubelet has it: what is free and what is used. */
function swapLimit(swap: SwapStats | undefined): Sample | undefined {
  if (swap?.swapAvailableBytes === undefined) return undefined
  return { value: Number(swap.swapAvailableBytes) + Number(swap.swapUsageBytes ?? 0), time: swap.time }
}

/** Where the start is not known, nothing is said; the sample bears no time, since 1.29. */
function startSample({ startTime }: ContainerStats): Sample | undefined {
  const seconds = startTime === null ? Number.NaN : startTime.getTime() / 1000
  return Math.floor(seconds) > 0 ? { value: seconds } : undefined
}

const nodeFamilies: readonly Family<NodeStats>[] = [
  {
    name: 'node_cpu_usage_seconds_total',
    type: 'COUNTER',
    help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
    sample: cpuSample,
  },
  {
    name: 'node_memory_working_set_bytes',
    type: 'GAUGE',
    help: '[STABLE] Current working set of the node in bytes',
    sample: memorySample,
  },
  {
    name: 'node_swap_usage_bytes',
    type: 'GAUGE',
    help: '[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems',
    // The kubelet gives it the time of the memory.
    sample: (node) => {
      const sample = swapSample(node)
      return sample && { ...sample, time: node.memory?.time ?? sample.time }
    },
  },
]

const podFamilies: readonly Family<PodStats>[] = [
  {
    name: 'pod_cpu_usage_seconds_total',
    type: 'COUNTER',
    help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
    sample: cpuSample,
  },
  {
    name: 'pod_memory_working_set_bytes',
    type: 'GAUGE',
    help: '[STABLE] Current working set of the pod in bytes',
    sample: memorySample,
  },
  {
    name: 'pod_swap_usage_bytes',
    type: 'GAUGE',
    help: '[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems',
    sample: swapSample,
  },
]

const containerFamilies: readonly Family<ContainerStats>[] = [
  {
    name: 'container_cpu_usage_seconds_total',
    type: 'COUNTER',
    help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
    sample: cpuSample,
  },
  {
    name: 'container_memory_working_set_bytes',
    type: 'GAUGE',
    help: '[STABLE] Current working set of the container in bytes',
    sample: memorySample,
  },
  {
    name: 'container_start_time_seconds',
    type: 'GAUGE',
    help: '[STABLE] Start time of the container since unix epoch in seconds',
    sample: startSample,
  },
  {
    name: 'container_swap_limit_bytes',
    type: 'GAUGE',
    help: '[ALPHA] Current amount of the container swap limit in bytes. Reported only on non-windows systems',
    sample: ({ swap }) => swapLimit(swap),
  },
  {
    name: 'container_swap_usage_bytes',
    type: 'GAUGE',
    help: '[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems',
    sample: swapSample,
  },
]

/** A row with the labels of its series, in the order in which they are written. */
interface Labelled<Row> {
  readonly row: Row
  readonly label: readonly LabelPair[]
}

/**
 * The metrics of `/metrics/resource` that a kubelet (1.34) makes of a summary: what is absent is left out, a value of 0 is
 * not; families are in the order of their names, series in that of their labels, and of equal ones the first stays.
 *
 * @param summary undefined where there was an error getting it: then only the gauge says so
 */
export function summaryToMetricFamilies(summary: Summary | undefined): MetricFamily[] {
  const pods = summary?.pods ?? []
  const families = [
    ...familiesOf(nodeFamilies, summary === undefined ? [] : [{ row: summary.node, label: [] }]),
    ...familiesOf(podFamilies, inOrder(pods.map(labelledPod))),
    ...familiesOf(containerFamilies, inOrder(pods.flatMap(labelledContainers))),
  ]
  families.push({
    name: 'resource_scrape_error',
    help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
    type: 'GAUGE',
    metric: [{ gauge: { value: summary === undefined ? 1 : 0 } }],
  })
  return families.toSorted((a, b) => compareBytewise(a.name, b.name))
}

function labelledPod(row: PodStats): Labelled<PodStats> {
  const { namespace, name } = row.podRef
  return { row, label: labelsOf({ namespace, pod: name }) }
}

function labelledContainers({ podRef, containers }: PodStats): Labelled<ContainerStats>[] {
  const { namespace, name } = podRef
  return containers.map((row) => ({ row, label: labelsOf({ container: row.name, namespace, pod: name }) }))
}

function labelsOf(labels: Readonly<Record<string, string>>): LabelPair[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }))
}

/** By the values of the labels, label by label; of rows with the same ones the first. */
function inOrder<Row>(rows: readonly Labelled<Row>[]): Labelled<Row>[] {
  const sorted = rows.toSorted((a, b) => compareLabels(a.label, b.label))
  return sorted.filter((each, index) => {
    const before = sorted[index - 1]
    return before === undefined || compareLabels(before.label, each.label) !== 0
  })
}

function compareLabels(first: readonly LabelPair[], second: readonly LabelPair[]): number {
  for (const [index, { value }] of first.entries()) {
    const difference = compareBytewise(value, second[index]?.value ?? '')
    if (difference !== 0) return difference
  }
  return 0
}

function familiesOf<Row>(families: readonly Family<Row>[], rows: readonly Labelled<Row>[]): MetricFamily[] {
  return families.flatMap(({ name, type, help, sample }) => {
    const metric: FamilyMetric[] = []
    for (const { row, label } of rows) {
      const found = sample(row)
      if (found === undefined) continue
      const value = { value: found.value }
      const measured = type === 'COUNTER' ? { counter: value } : { gauge: value }
      metric.push({ label, ...measured, timestampMs: timestampOf(found.time) })
    }
    return metric.length === 0 ? [] : [{ name, type, help, metric }]
  })
}

/** A time that is not known is not written: one before 1970 would cost metrics-server all metrics of the node. */
function timestampOf(time: SummaryTime | undefined): number | undefined {
  const milliseconds = time?.getTime() ?? -1
  return milliseconds >= 0 ? Math.trunc(milliseconds) : undefined
}
