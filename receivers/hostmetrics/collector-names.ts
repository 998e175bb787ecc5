import { metric } from '#src/naming/metric.ts'

export const collectionDuration = metric({
  fact: 'seconds that the last measurement of a collector took',
  source: 'monotonic time around it',
  by: ['collector'],
  prometheus: {
    name: 'node_scrape_collector_duration_seconds',
    kind: 'gauge',
    description: 'node_exporter: Duration of a collector scrape.',
    collector: 'collector',
  },
  vm: {
    name: 'vm_node_collector_scrape_duration_seconds',
    kind: 'gauge',
    description: 'Seconds that the last collection took.',
    collector: 'collector',
  },
})

export const collectionSuccess = metric({
  fact: '1 where the last measurement of a collector succeeded, else 0',
  source: 'whether it threw',
  by: ['collector'],
  prometheus: {
    name: 'node_scrape_collector_success',
    kind: 'gauge',
    description: 'node_exporter: Whether a collector succeeded.',
    collector: 'collector',
  },
})

export const collectionErrors = metric({
  fact: 'measurements of a collector in which something was missing, by the reason of the first thing that was',
  source: 'counted since the start of the receiver',
  by: ['collector', 'reason'],
  vm: {
    name: 'vm_node_collector_scrape_errors_total',
    kind: 'counter',
    description: 'Collections in which something could not be read.',
    collector: 'collector',
    reason: 'reason',
  },
})
