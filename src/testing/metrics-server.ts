// How metrics-server reads a kubelet and what it then serves, an oracle for what a kubelet has to write: 0.6 and later
// `/metrics/resource`, before that `/stats/summary?only_cpu_and_memory=true`.

/** What metrics-server takes of one node or container. */
export interface MetricsPoint {
  /** When the container started, in nanoseconds; 0 where it is not known. */
  start: number
  /** Unix time in milliseconds. */
  time: number
  /** CPU time in nanoseconds. */
  cpu: number
  /** Working set in bytes. */
  memory: number
}

/** What one answer was decoded to. */
export interface MetricsBatch {
  readonly node: MetricsPoint | undefined
  /** By `namespace/pod`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, MetricsPoint>>
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)(?:[ \t]+([0-9]+))?$/
const typeLine = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/

/**
 * Decodes an answer by the rules of metrics-server.
 *
 * @param defaultTime the time of samples that bear none
 * @throws {Error} for text at which its parser gives up, and for series that would end its process
 */
export function decodeResourceMetrics(body: string, defaultTime: number): MetricsBatch {
  const node = emptyPoint()
  const pods = new Map<string, Map<string, MetricsPoint>>()
  for (const text of body.split('\n')) {
    if (text === '') continue
    if (text.startsWith('# TYPE') && !typeLine.test(text)) throw new Error(`no type: ${text}`)
    if (text.startsWith('#')) continue
    const [, name = '', labels = '', value = '', time] = line.exec(text) ?? []
    if (name === '' || !/^[-+0-9.eE]+$|^NaN$|^[-+]Inf$/.test(value)) throw new Error(`no series: ${text}`)
    const at = time === undefined ? defaultTime : Number(time)
    if (name.startsWith('node_')) applyNode(node, name, Number(value), at)
    else if (isContainerMetric(name)) applyContainer(pods, name, labels, Number(value), at)
  }
  for (const [key, containers] of pods) {
    const points = [...containers.values()].filter(({ start, cpu, memory }) => start + cpu + memory > 0)
    if (points.some(({ cpu, memory }) => cpu === 0 || memory === 0)) pods.delete(key)
  }
  return { node: node.time > 0 && node.cpu > 0 && node.memory > 0 ? node : undefined, pods }
}

interface SummaryNumbers {
  readonly startTime?: string | null
  readonly cpu?: { readonly time: string | null; readonly usageCoreNanoSeconds?: number }
  readonly memory?: { readonly workingSetBytes?: number }
}

/**
 * Decodes a summary by the rules of metrics-server 0.5, the last for Kubernetes before 1.24: a container that does not say when it
 * started, or has no CPU time or memory, hides its pod.
 */
export function decodeSummary(body: string): MetricsBatch {
  const { node, pods } = JSON.parse(body) as {
    readonly node: SummaryNumbers
    readonly pods: readonly {
      readonly podRef: { readonly name: string; readonly namespace: string }
      readonly containers: readonly (SummaryNumbers & { readonly name: string })[]
    }[]
  }
  const whole = pods.flatMap(({ podRef, containers }) => {
    const points = containers.map((each) => [each.name, summaryPoint(each, true)] as const)
    if (points.some(([, point]) => point === undefined)) return []
    return [[`${podRef.namespace}/${podRef.name}`, new Map(points as [string, MetricsPoint][])] as const]
  })
  return { node: summaryPoint(node, false), pods: new Map(whole) }
}

function summaryPoint(
  { startTime = null, cpu, memory }: SummaryNumbers,
  needsStart: boolean,
): MetricsPoint | undefined {
  const { time = null, usageCoreNanoSeconds = 0 } = cpu ?? {}
  const workingSet = memory?.workingSetBytes ?? 0
  if (time === null || usageCoreNanoSeconds === 0 || workingSet === 0) return undefined
  if (needsStart && startTime === null) return undefined
  const start = startTime === null ? 0 : Date.parse(startTime) * 1e6
  return { start, time: Date.parse(time), cpu: usageCoreNanoSeconds, memory: workingSet }
}

function isContainerMetric(name: string): boolean {
  return /^container_(?:cpu_usage_seconds_total|memory_working_set_bytes|start_time_seconds)$/.test(name)
}

function emptyPoint(): MetricsPoint {
  return { start: 0, time: 0, cpu: 0, memory: 0 }
}

function applyNode(node: MetricsPoint, name: string, value: number, time: number): void {
  if (name === 'node_cpu_usage_seconds_total') node.cpu = Math.trunc(value * 1e9)
  else if (name === 'node_memory_working_set_bytes') node.memory = Math.trunc(value)
  else return
  node.time = time
}

function applyContainer(
  pods: Map<string, Map<string, MetricsPoint>>,
  name: string,
  labels: string,
  value: number,
  time: number,
): void {
  if (labels === '') throw new Error(`a series without labels ends the process: ${name}`)
  // It looks for the first place with the text, whatever stands before it, and for the next quote.
  const label = (key: string): string => labels.split(`${key}="`)[1]?.split('"')[0] ?? 'garbage'
  const pod = `${label('namespace')}/${label('pod')}`
  const containers = pods.get(pod) ?? new Map<string, MetricsPoint>()
  pods.set(pod, containers)
  const point = containers.get(label('container')) ?? emptyPoint()
  containers.set(label('container'), point)
  if (name === 'container_start_time_seconds') {
    point.start = Math.trunc(value * 1e9)
    return
  }
  if (name === 'container_cpu_usage_seconds_total') point.cpu = Math.trunc(value * 1e9)
  else point.memory = Math.trunc(value)
  point.time = time
}

/** What the metrics API shows of a container or node: nanocores and bytes. */
export interface Usage {
  readonly cpu: number
  readonly memory: number
}

/**
 * What the metrics API shows of one container or node after two scrapes: the rate between them; nothing where the second is
 * no later, or where the counter fell.
 */
export function usageBetween(
  before: MetricsPoint | undefined,
  after: MetricsPoint | undefined,
): Usage | undefined {
  if (before === undefined || after === undefined || after.time <= before.time || after.cpu < before.cpu)
    return undefined
  return { cpu: (after.cpu - before.cpu) / ((after.time - before.time) / 1000), memory: after.memory }
}
