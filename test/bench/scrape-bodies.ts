/**
 * Made-up scrapes in the manner of node_exporter, cAdvisor and kube-state-metrics: the same families, labels and lengths
 * of lines, and values that change with every body. One seed, so every run reads the same bytes.
 */

/** A line of a target: a comment, or a series and the value it has now. */
interface Line {
  text: string
  /** How the value moves; a comment has none. */
  readonly kind: 'comment' | 'counter' | 'seconds' | 'gauge'
  value: number
}

/** A random number from 0 up to 1, and all of a sequence by its seed (xorshift32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const random = randomNumbers(12_345)

function below(limit: number): number {
  return Math.floor(random() * limit)
}

function pick(list: readonly string[]): string {
  return list[below(list.length)] ?? ''
}

function hex(length: number): string {
  return Array.from({ length }, () => '0123456789abcdef'[below(16)]).join('')
}

function suffix(length: number): string {
  return Array.from({ length }, () => 'bcdfghjklmnpqrstvwxz2456789'[below(27)]).join('')
}

const namespaces = ['kube-system', 'monitoring', 'payments-prod', 'search-staging', 'ml-inference', 'default']
const applications = [
  'api-gateway',
  'order-service',
  'recommendation-engine',
  'coredns',
  'session-cache-redis',
]

interface Container {
  readonly name: string
  readonly id: string
  readonly image: string
}

interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly node: string
  readonly containers: readonly Container[]
}

function makePods(count: number): Pod[] {
  return Array.from({ length: count }, (_, index) => {
    const application = pick(applications)
    return {
      namespace: pick(namespaces),
      name: `${application}-${suffix(10)}-${suffix(5)}`,
      uid: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
      node: `ip-10-12-${index % 64}-${index % 250}.eu-central-1.compute.internal`,
      containers: ['app', 'istio-proxy', 'metrics-exporter'].slice(0, 1 + below(3)).map((name) => ({
        name,
        id: hex(64),
        image: `registry.example.com/platform/${name === 'app' ? application : name}:v1.${below(20)}.${below(7)}`,
      })),
    }
  })
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')
}

/** One scraped target, whose series come and go as a bench wants it. */
export class BenchTarget {
  readonly #lines: Line[] = []
  #fresh = 0

  get series(): number {
    return this.#samples().length
  }

  /** Adds a family with one line for each set of labels. */
  family(name: string, sets: readonly Readonly<Record<string, string>>[]): void {
    const counter = name.endsWith('_total')
    const kind = name.includes('seconds') ? 'seconds' : counter ? 'counter' : 'gauge'
    this.#lines.push({ text: `# HELP ${name} What ${name} says, in a sentence.`, kind: 'comment', value: 0 })
    this.#lines.push({ text: `# TYPE ${name} ${counter ? 'counter' : 'gauge'}`, kind: 'comment', value: 0 })
    for (const labels of sets) {
      const text = Object.keys(labels).length === 0 ? name : `${name}{${labelText(labels)}}`
      this.#lines.push({ text, kind, value: below(2) === 0 ? below(1e6) : below(1e10) })
    }
  }

  /** Leaves the first series and drops the rest. */
  keep(count: number): void {
    let left = count
    const end = this.#lines.findIndex(({ kind }) => kind !== 'comment' && left-- === 0)
    if (end >= 0) this.#lines.length = end
  }

  /** Another target with the same series and values, that goes its own way from here. */
  clone(): BenchTarget {
    const copy = new BenchTarget()
    for (const line of this.#lines) copy.#lines.push({ ...line })
    return copy
  }

  /** The next body. */
  body(): Buffer {
    const texts: string[] = []
    for (const line of this.#lines)
      texts.push(line.kind === 'comment' ? line.text : `${line.text} ${next(line)}`)
    return Buffer.from(`${texts.join('\n')}\n`)
  }

  /** Replaces a share of the series, one by one or in blocks of 60 lines, by others that look like them. */
  churn(share: number, blocks: boolean): void {
    const samples = this.#samples()
    const length = blocks ? Math.min(60, samples.length) : 1
    const count = Math.floor((share * samples.length) / length + random())
    for (let round = 0; round < count; round++) {
      const from = below(samples.length - length + 1)
      for (const line of samples.slice(from, from + length)) this.#replace(line)
    }
  }

  /** Gives the lines of every family another order. */
  shuffle(): void {
    let from = 0
    for (let index = 0; index <= this.#lines.length; index++) {
      if (this.#lines[index]?.kind !== 'comment' && index < this.#lines.length) continue
      for (let last = index - 1; last > from; last--) this.#swap(last, from + below(last - from + 1))
      from = index + 1
    }
  }

  #samples(): Line[] {
    return this.#lines.filter(({ kind }) => kind !== 'comment')
  }

  #replace(line: Line): void {
    const serial = `${(this.#fresh++).toString(36)}n`
    line.text = /(?:pod|uid|cpu|device)="[^"]*"/.test(line.text)
      ? line.text.replace(/(pod|uid|cpu|device)="[^"]*"/, `$1="renewed-in-the-bench-${serial}"`)
      : `${line.text.replace(/[{].*/, '')}{renewed="${serial}"}`
  }

  #swap(first: number, second: number): void {
    const [a, b] = [this.#lines[first], this.#lines[second]]
    if (a === undefined || b === undefined) return
    this.#lines[first] = b
    this.#lines[second] = a
  }
}

function next(line: Line): string {
  if (line.kind === 'gauge') line.value = Math.max(0, line.value + below(8192) - 4096)
  else if (line.kind === 'counter') line.value += 1 + below(1000)
  else line.value = Math.round((line.value + random() * 3) * 1e6) / 1e6
  return goNumber(line.value)
}

/** As Go writes a float: with an exponent from 1e+06 on, which half of the exporters avoid for whole numbers. */
function goNumber(value: number): string {
  if (value < 1e6 || (Number.isInteger(value) && below(2) === 0)) return String(value)
  const [digits = '', power = ''] = value.toExponential().split('e')
  return `${digits}e+${power.slice(1).padStart(2, '0')}`
}

/** A node_exporter of a machine with so many CPUs. */
export function nodeTarget(cpus: number): BenchTarget {
  const target = new BenchTarget()
  const modes = ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user']
  const perCpu = Array.from({ length: cpus }, (_, cpu) => ({ cpu: String(cpu) }))
  target.family(
    'node_cpu_seconds_total',
    perCpu.flatMap((labels) => modes.map((mode) => ({ ...labels, mode }))),
  )
  for (const name of [
    'frequency_hertz',
    'frequency_max_hertz',
    'frequency_min_hertz',
    'core_throttles_total',
  ]) {
    target.family(`node_cpu_${name}`, perCpu)
  }
  for (const name of ['running_seconds_total', 'waiting_seconds_total', 'timeslices_total']) {
    target.family(`node_schedstat_${name}`, perCpu)
  }
  for (const name of ['processed_total', 'dropped_total', 'times_squeezed_total'])
    target.family(`node_softnet_${name}`, perCpu)
  const devices = ['nvme0n1', 'nvme1n1', 'dm-0', 'sr0'].map((device) => ({ device }))
  for (const name of ['reads', 'writes', 'read_bytes', 'written_bytes', 'io_time_seconds', 'discards']) {
    target.family(`node_disk_${name}_total`, devices)
  }
  const networks = ['lo', 'eth0', 'eth1', 'docker0', 'cni0'].map((device) => ({ device }))
  for (const direction of ['receive', 'transmit']) {
    for (const name of ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast']) {
      target.family(`node_network_${direction}_${name}_total`, networks)
    }
  }
  for (const name of ['Active', 'Buffers', 'Cached', 'Dirty', 'MemFree', 'MemTotal', 'Slab', 'SwapFree']) {
    for (const part of ['', '_anon', '_file', '_tmp']) target.family(`node_memory_${name}${part}_bytes`, [{}])
  }
  return target
}

/** A cAdvisor of a node with so many pods. */
export function cadvisorTarget(pods: number): BenchTarget {
  const target = new BenchTarget()
  const made = makePods(pods)
  const containers = made.flatMap((pod) => pod.containers.map((container) => containerLabels(pod, container)))
  for (const name of containerFamilies) target.family(`container_${name}`, containers)
  const sandboxes = made.map((pod) => ({
    container: '',
    id: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod.uid.replaceAll('-', '_')}.slice`,
    image: 'registry.k8s.io/pause:3.9',
    interface: 'eth0',
    name: hex(64),
    namespace: pod.namespace,
    pod: pod.name,
  }))
  for (const direction of ['receive', 'transmit']) {
    for (const name of ['bytes', 'packets', 'errors', 'packets_dropped']) {
      target.family(`container_network_${direction}_${name}_total`, sandboxes)
    }
  }
  return target
}

const containerFamilies = [
  ...['usage', 'user', 'system', 'cfs_throttled'].map((name) => `cpu_${name}_seconds_total`),
  ...['periods', 'throttled_periods'].map((name) => `cpu_cfs_${name}_total`),
  ...[
    'usage_bytes',
    'working_set_bytes',
    'rss',
    'cache',
    'swap',
    'failcnt',
    'max_usage_bytes',
    'mapped_file',
  ].map((name) => `memory_${name}`),
  ...['cpu_period', 'cpu_quota', 'cpu_shares', 'memory_limit_bytes'].map((name) => `spec_${name}`),
  'start_time_seconds',
  'last_seen',
  'processes',
  'threads',
  'sockets',
  'file_descriptors',
  'oom_events_total',
  ...['reads_bytes', 'writes_bytes', 'reads', 'writes'].map((name) => `fs_${name}_total`),
  'memory_failures_total',
  'memory_kernel_usage',
]

function containerLabels(pod: Pod, container: Container): Record<string, string> {
  const slice = `kubepods-burstable-pod${pod.uid.replaceAll('-', '_')}.slice`
  return {
    container: container.name,
    id: `/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${container.id}.scope`,
    image: container.image,
    name: container.id,
    namespace: pod.namespace,
    pod: pod.name,
  }
}

function podLabels(pod: Pod): Record<string, string> {
  return { namespace: pod.namespace, pod: pod.name, uid: pod.uid }
}

/** A kube-state-metrics of a cluster with so many pods. */
export function stateTarget(pods: number): BenchTarget {
  const target = new BenchTarget()
  const made = makePods(pods)
  const perPod = (name: string, more: (pod: Pod) => readonly Readonly<Record<string, string>>[]): void =>
    target.family(
      `kube_pod_${name}`,
      made.flatMap((pod) => more(pod).map((labels) => ({ ...podLabels(pod), ...labels }))),
    )
  perPod('info', (pod) => [
    { node: pod.node, created_by_kind: 'ReplicaSet', created_by_name: pod.name.slice(0, -6) },
  ])
  for (const name of ['start_time', 'created', 'status_scheduled_time']) perPod(name, () => [{}])
  perPod('owner', (pod) => [{ owner_kind: 'ReplicaSet', owner_name: pod.name.slice(0, -6) }])
  perPod('status_phase', () =>
    ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'].map((phase) => ({ phase })),
  )
  for (const name of ['status_ready', 'status_scheduled']) {
    perPod(name, () => ['true', 'false', 'unknown'].map((condition) => ({ condition })))
  }
  perPod('status_reason', () =>
    ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown'].map((reason) => ({ reason })),
  )
  perPod('container_info', (pod) =>
    pod.containers.map(({ name, id, image }) => ({
      container: name,
      image,
      image_id: `registry.example.com/x@sha256:${id}`,
      container_id: `containerd://${id}`,
    })),
  )
  for (const name of ['ready', 'running', 'waiting', 'terminated', 'restarts_total']) {
    perPod(`container_status_${name}`, (pod) =>
      pod.containers.map((container) => ({ container: container.name })),
    )
  }
  for (const name of ['requests', 'limits']) {
    perPod(`container_resource_${name}`, (pod) =>
      pod.containers.flatMap((container) =>
        ['cpu', 'memory'].map((resource) => ({ container: container.name, node: pod.node, resource })),
      ),
    )
  }
  return target
}

/** An application with a dozen and a half series, number `index` of many that differ in their labels. */
export function applicationTarget(index: number): BenchTarget {
  const target = new BenchTarget()
  const service = { service: pick(applications), shard: String(index % 100) }
  for (const name of ['http_requests_total', 'http_request_seconds_total']) {
    target.family(
      name,
      ['200', '404', '500'].map((status) => ({ ...service, method: 'GET', code: status })),
    )
  }
  for (const name of ['used', 'committed', 'max']) {
    target.family(
      `runtime_memory_${name}_bytes`,
      ['heap', 'stack'].map((area) => ({ ...service, area })),
    )
  }
  for (const name of ['cpu_seconds_total', 'open_fds', 'threads', 'start_time_seconds']) {
    target.family(`process_${name}`, [service])
  }
  return target
}

/** How many series `makeTargets` has. */
export const standardSeries = 228_144

/** 37 targets with 228,144 series of 294 bytes, comments included: 20 node_exporters, 15 cAdvisors, 2 kube-state-metrics. */
export function makeTargets(): BenchTarget[] {
  const targets = [
    ...Array.from({ length: 20 }, () => nodeTarget(64)),
    ...Array.from({ length: 15 }, () => cadvisorTarget(102)),
    ...Array.from({ length: 2 }, () => stateTarget(1300)),
  ]
  const surplus = targets.reduce((sum, { series }) => sum + series, 0) - standardSeries
  const last = targets.at(-1)
  last?.keep(last.series - surplus)
  return targets
}
