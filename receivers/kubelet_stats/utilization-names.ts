import { metric, namingsOf, type MetricDefinition, type Naming } from '#src/naming/metric.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'

/** What a usage is a part of: the limit, the request, or what the node has. */
export const wholes = ['limit', 'request', 'node'] as const

export type Whole = (typeof wholes)[number]

type Dimension = 'level' | 'whole'

const levels = ['container', 'pod'] as const

/** How the Collector ends the name of a ratio. */
const endings: Readonly<Record<Whole, string>> = {
  limit: '_limit_utilization',
  request: '_request_utilization',
  node: '.node.utilization',
}

function described(level: (typeof levels)[number], whole: Whole): string {
  if (whole === 'node') return "of the node's capacity"
  return level === 'container'
    ? `of the container's ${whole}s`
    : `of the pod's total ${whole}s, where each of its containers has one`
}

function collectorNames(resource: 'cpu' | 'memory'): Naming<Dimension>[] {
  return levels.flatMap((level) =>
    wholes.map((whole) => ({
      name: `k8s.${level}.${resource}${endings[whole]}`,
      kind: 'gauge' as const,
      unit: '1',
      enabled: false as const,
      description: `${resource === 'cpu' ? 'CPU' : 'Memory'} used, as a part ${described(level, whole)}`,
      where: { level, whole },
    })),
  )
}

export const cpuUtilization = metric({
  fact: 'CPUs used lately, as a part of the limit, of the request, and of what the node has',
  source: 'cpu.usageNanoCores; resources of /pods; capacity of the Node',
  by: ['level', 'whole'],
  otel: collectorNames('cpu'),
  semconv: (['limit', 'request'] as const).map((whole): Naming<Dimension> => ({
    name: `k8s.container.cpu.${whole}_utilization`,
    kind: 'gauge',
    unit: '1',
    enabled: false,
    description: `The ratio of container CPU usage to its CPU ${whole}.`,
    where: { level: 'container', whole },
  })),
})

export const memoryUtilization = metric({
  fact: 'memory used, as a part of the limit, of the request, and of what the node has',
  source: 'memory.usageBytes; resources of /pods; capacity of the Node',
  by: ['level', 'whole'],
  otel: collectorNames('memory'),
})

export const utilizationNames: readonly MetricDefinition<Dimension>[] = [cpuUtilization, memoryUtilization]

/** Which wholes the metrics are about that a configuration switches on. */
export function wantedWholes(
  metrics: Readonly<Record<string, { readonly enabled: boolean } | undefined>>,
): ReadonlySet<Whole> {
  const namings = utilizationNames.flatMap((definition) =>
    vocabularies.flatMap((vocabulary) => namingsOf<Dimension>(definition, vocabulary)),
  )
  const on = namings.filter(({ name }) => metrics[name]?.enabled === true)
  return new Set(wholes.filter((whole) => on.some(({ where }) => where?.whole === whole)))
}
