import type { Naming } from '#src/naming/metric.ts'

/**
 * What a row of the summary is about. A claim is a volume that belongs to a claim; a system container is a part of the
 * node that is no pod.
 */
export type Level = 'node' | 'pod' | 'container' | 'system' | 'volume' | 'claim'

/** What stands before a name of OpenTelemetry, by level. */
const prefixes = {
  node: 'k8s.node',
  pod: 'k8s.pod',
  container: 'container',
  system: 'k8s.node.system_container',
} as const

/** The levels whose names differ by what stands before them. */
export type NamedLevel = keyof typeof prefixes

type Described<Dimension extends string> = Omit<Naming<'level' | Dimension>, 'name' | 'where'> & {
  readonly where?: { readonly [Key in Dimension]?: string | readonly string[] }
}

/** The names of one fact at some levels: `k8s.node.cpu.time`, `k8s.pod.cpu.time`, `container.cpu.time`. */
export function atLevels<const Dimension extends string = never>(
  name: string,
  described: Described<Dimension>,
  levels: readonly NamedLevel[] = ['node', 'pod', 'container'],
): Naming<'level' | Dimension>[] {
  return levels.map((level) => ({
    ...described,
    name: `${prefixes[level]}.${name}`,
    where: { ...described.where, level },
  })) as unknown as Naming<'level' | Dimension>[]
}
