import { metric } from '#src/naming/metric.ts'

export const hugePagesUsage = metric({
  fact: 'bytes of huge pages, reserved ones included',
  source: 'hugetlb.SIZE.rsvd.current, else hugetlb.SIZE.current; version 1: usage_in_bytes',
  by: ['level', 'size'],
  prometheus: {
    name: 'container_hugetlb_usage_bytes',
    kind: 'gauge',
    description: 'Current hugepage usage in bytes',
    size: 'pagesize',
  },
})

export const hugePagesMostUsage = metric({
  fact: 'the most bytes of huge pages at one time',
  source: 'version 1 only: max_usage_in_bytes; version 2: 0, as cAdvisor has it',
  by: ['level', 'size'],
  prometheus: {
    name: 'container_hugetlb_max_usage_bytes',
    kind: 'gauge',
    description: 'Maximum hugepage usage recorded in bytes',
    size: 'pagesize',
  },
})

export const hugePagesFailures = metric({
  fact: 'how often the limit was hit',
  source: 'hugetlb.SIZE.events max; version 1: failcnt',
  by: ['level', 'size'],
  prometheus: {
    name: 'container_hugetlb_failcnt',
    kind: 'counter',
    description: 'Number of hugepage usage hits limits',
    size: 'pagesize',
  },
})

export const hugePagesNames = [hugePagesUsage, hugePagesMostUsage, hugePagesFailures]
