import type { DiscoveredLabels } from './discovery.ts'

/** Targets that share labels, as configurations, files and servers list them. */
export interface TargetGroup {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/**
 * The targets of a group, each with its address first.
 *
 * @param more labels that all of them get beside: name, value, ...
 */
export function labelsOfGroup(
  { targets, labels }: TargetGroup,
  more: readonly string[] = [],
): DiscoveredLabels[] {
  // The address is the target's own, whatever the labels say.
  const others = Object.entries(labels).filter(([name]) => name !== '__address__')
  const shared = [...others.flat(), ...more]
  return targets.map((address) => ['__address__', address, ...shared])
}
