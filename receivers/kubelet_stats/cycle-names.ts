import { metric } from '#src/naming/metric.ts'

export const summaryUp = metric({
  fact: '1 where the last summary could be had, else 0',
  source: 'whether the kubelet answered with one',
  by: [],
  prometheus: { name: 'up', kind: 'gauge', description: '1 where the scrape succeeded, 0 where it failed.' },
  vm: {
    name: 'vm_kubelet_up',
    kind: 'gauge',
    description: '1 where the kubelet answered with a summary, else 0.',
  },
})

export const summaryDuration = metric({
  fact: 'seconds that the last summary took',
  source: 'monotonic time around it',
  by: [],
  prometheus: { name: 'scrape_duration_seconds', kind: 'gauge', description: 'How long the scrape took.' },
})

/** What there is of asking. */
export const cycleNames = [summaryUp, summaryDuration]
