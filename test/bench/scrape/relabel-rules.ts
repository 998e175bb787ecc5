/** Five rules as users have them: two that drop series, two that add a label, one that takes one away. */
export const relabelRules = [
  { source_labels: ['__name__'], regex: 'node_schedstat_.*|node_memory_Slab.*', action: 'drop' },
  {
    source_labels: ['__name__', 'container'],
    regex: 'container_(memory_failcnt|memory_swap);.*',
    action: 'drop',
  },
  {
    source_labels: ['namespace'],
    regex: 'kube-.*|monitoring|logging',
    target_label: 'tier',
    replacement: 'system',
  },
  {
    source_labels: ['pod'],
    regex: '(.+)-[a-z0-9]+-[a-z0-9]{5}',
    target_label: 'workload',
    replacement: '$1',
  },
  { regex: 'uid', action: 'labeldrop' },
]

/**
 * What the rules make of labels, written by hand: what an agent sends is checked against it.
 *
 * @returns whether the series is kept
 */
export function applyByHand(labels: Map<string, string>): boolean {
  const name = labels.get('__name__') ?? ''
  if (/^(?:node_schedstat_|node_memory_Slab)/.test(name)) return false
  if (name === 'container_memory_failcnt' || name === 'container_memory_swap') return false
  if (/^(?:kube-.*|monitoring|logging)$/.test(labels.get('namespace') ?? '')) labels.set('tier', 'system')
  const workload = /^(.+)-[a-z0-9]+-[a-z0-9]{5}$/.exec(labels.get('pod') ?? '')?.[1]
  if (workload !== undefined) labels.set('workload', workload)
  labels.delete('uid')
  return true
}
