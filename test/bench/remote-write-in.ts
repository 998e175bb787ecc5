/**
 * What receiving remote write costs: CPU seconds per million samples, of requests as Prometheus sends them, of 2000 samples
 * each, when all series are new, when all are known, and when some are new in every cycle; in order and shuffled; beside
 * decoding each request as a whole.
 *
 *     npm run bench:remote-write-in
 */
import { compress, decompress } from '#src/remote/snappy.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { readRequest } from '#src/testing/remote-write.ts'
import { writeRequest, type WrittenSeries } from '#src/testing/remote-write-message.ts'
import { PushedSeries } from '../../receivers/prometheus_remote_write/pushed-series.ts'

const cycles = 5
const samplesPerRequest = 2000

/** Labels of the series of one target, sorted, as an agent scrapes containers and nodes. */
function* targetLabels(target: number, generation: number): Generator<string[]> {
  const own = ['instance', `10.1.${target >> 8}.${target & 255}:10250`, 'job', 'kubelet']
  for (let container = 0; container < 100; container++) {
    const id = ((target * 1000 + container) * 2_654_435_761) >>> 0
    const pod = `checkout-service-${container >> 1}-${generation}-7d9f8c6b5d-x${id.toString(36)}`
    for (let metric = 0; metric < 24; metric++) {
      yield [
        '__name__',
        `container_${names[metric % 12] ?? ''}_${metric}_total`,
        'container',
        `checkout-${container % 7}`,
        'id',
        `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${id.toString(16)}.slice/cri-containerd-${id}.scope`,
        'image',
        `registry.example.com/shop/checkout-${container % 13}:v1.${container % 5}.0`,
        ...own,
        'namespace',
        `shop-${container % 40}`,
        'pod',
        pod,
      ]
    }
  }
  for (let cpu = 0; cpu < 64; cpu++) {
    for (const mode of ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'])
      yield ['__name__', 'node_cpu_seconds_total', 'cpu', String(cpu), ...own, 'mode', mode]
  }
}

const names = [
  'cpu_usage_seconds',
  'memory_working_set_bytes',
  'network_receive_packets_dropped',
  'fs_reads_bytes',
  'cpu_cfs_throttled_periods',
  'memory_failures',
  'network_transmit_bytes',
  'threads_max',
  'fs_sector_writes',
  'memory_mapped_file',
  'spec_memory_limit_bytes',
  'processes_open',
]

/** What some cycles are made of. */
interface Load {
  readonly version: 1 | 2
  readonly targets: number
  /** The part of targets that are new in each cycle. */
  readonly churn?: number
  readonly shuffled?: boolean
}

/** The requests of a cycle, compressed. */
function requestsOf({ version, targets, churn = 0, shuffled = false }: Load, cycle: number): Buffer[] {
  const time = 1_700_000_000_000 + cycle * 15_000
  const series: WrittenSeries[] = []
  for (let target = 0; target < targets; target++) {
    const generation = churn > 0 && target < targets * churn ? cycle : 0
    for (const labels of targetLabels(target, generation)) {
      const sample = { value: series.length * 1.37 + cycle, time: time + target * 13 }
      const metadata = { type: 1, help: `Help of ${labels[1] ?? ''}.` }
      series.push({ labels, samples: [sample], ...(version === 2 ? { metadata } : {}) })
    }
  }
  if (shuffled) {
    let state = cycle + 1
    for (let index = series.length - 1; index > 0; index--) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      const other = state % (index + 1)
      const [one, two] = [series[index], series[other]]
      if (one !== undefined && two !== undefined) [series[index], series[other]] = [two, one]
    }
  }
  const requests: Buffer[] = []
  for (let at = 0; at < series.length; at += samplesPerRequest)
    requests.push(compress(writeRequest({ series: series.slice(at, at + samplesPerRequest) }, version)))
  return requests
}

/** CPU seconds that something takes. */
function cpuOf(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function measure(name: string, load: Load): void {
  const all = Array.from({ length: cycles }, (_, cycle) => requestsOf(load, cycle))
  const series = new PushedSeries(
    'bench',
    { series: 2_000_000, idleMs: 600_000, labels: 0, labelName: 0, labelValue: 0 },
    new Ledger(),
    () => undefined,
  )
  let samples = 0
  let decompressed: Buffer[] = []
  const unpack: number[] = []
  const read: number[] = []
  for (const [cycle, requests] of all.entries()) {
    samples = 0
    unpack.push(cpuOf(() => (decompressed = requests.map((body) => decompress(body, 1 << 30)))))
    read.push(
      cpuOf(() => {
        for (const body of decompressed)
          samples += series.read(body, load.version, cycle * 15_000).outcome.written.samples
      }),
    )
  }
  const millions = samples / 1e6
  const steady = Math.min(...read.slice(1)) / millions
  const wire = all[1]?.reduce((sum, { length }) => sum + length, 0) ?? 0
  const plain = decompressed.slice(0, 10)
  const plainly =
    cpuOf(() => plain.map((body) => readRequest(body))) / ((plain.length * samplesPerRequest) / 1e6)
  const row = [
    name.padEnd(34),
    samples,
    (Math.min(...unpack) / millions).toFixed(2),
    ((read[0] ?? 0) / millions).toFixed(2),
    steady.toFixed(3),
    plainly.toFixed(2),
    (wire / samples).toFixed(1),
    (decompressed.reduce((sum, { length }) => sum + length, 0) / samples).toFixed(0),
    series.size,
  ]
  console.log(row.map((cell) => String(cell).padStart(10)).join(' '))
  series.dispose()
}

console.log(
  'CPU seconds per million samples: decompressing (snappy), reading when all series are new, when they are known, plainly; bytes a sample compressed and not; series',
)
measure('warming up', { version: 1, targets: 4 })
measure('1.0', { version: 1, targets: 36 })
measure('2.0', { version: 2, targets: 36 })
measure('1.0, 5 % of targets new each cycle', { version: 1, targets: 36, churn: 0.05 })
measure('1.0, shuffled', { version: 1, targets: 36, shuffled: true })
measure('2.0, shuffled', { version: 2, targets: 36, shuffled: true })
