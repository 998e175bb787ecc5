import type { Naming } from '#src/naming/metric.ts'

/** What stands before a name in the Collector's receiver of the kubelet, and in the semantic conventions, by level. */
const prefixes = { node: 'k8s.node', pod: 'k8s.pod', container: 'container' } as const

type Described = Omit<Naming<'level'>, 'name' | 'where'>

/** The names of one fact at the levels that the kubelet's summary has: `k8s.node.cpu.time`, `k8s.pod.cpu.time`, `container.cpu.time`. */
export function atLevels<const Dimension extends string = 'level'>(
  name: string,
  described: Described & Omit<Naming<Dimension>, 'name' | 'where'>,
  levels: readonly (keyof typeof prefixes)[] = ['node', 'pod', 'container'],
): Naming<'level' | Dimension>[] {
  return levels.map((level) => ({
    ...described,
    name: `${prefixes[level]}.${name}`,
    where: { level },
  }))
}
