/**
 * Counters of Prometheus exporters whose names have no `_total`, and that alerts and dashboards know by those names. They get
 * no suffixes, whatever the options say of others.
 */
export const keptNames: ReadonlySet<string> = new Set([
  // cAdvisor.
  'container_memory_failcnt',
  'container_hugetlb_failcnt',
])
