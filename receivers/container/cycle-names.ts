import { metric } from '#src/naming/metric.ts'

export const scrapeError = metric({
  fact: '1 where something could not be measured in the last cycle, else 0',
  source: 'whether a file could not be read',
  by: [],
  prometheus: {
    name: 'container_scrape_error',
    kind: 'gauge',
    description: '1 if there was an error while getting container metrics, 0 otherwise',
  },
})

export const scrapeDuration = metric({
  fact: 'seconds that the last cycle took',
  source: 'monotonic time around it',
  by: [],
  vm: {
    name: 'vm_container_collector_scrape_duration_seconds',
    kind: 'gauge',
    description: 'Seconds that the last collection took.',
  },
})

export const scrapeErrors = metric({
  fact: 'files that could not be read, by reason',
  source: 'counted since the start of the receiver',
  by: ['reason'],
  vm: {
    name: 'vm_container_collector_scrape_errors_total',
    kind: 'counter',
    description: 'Files of containers that could not be read.',
    reason: 'reason',
  },
})

export const containersScraped = metric({
  fact: 'containers that the last cycle measured',
  source: 'counted',
  by: [],
  vm: {
    name: 'vm_container_collector_containers_scraped',
    kind: 'gauge',
    description: 'Containers that the last collection measured.',
  },
})

export const nameSourceUp = metric({
  fact: '1 for each runtime, kubelet or API server that names containers where it answers, else 0',
  source: 'the last answer',
  by: ['source'],
  vm: {
    name: 'vm_container_collector_name_source_up',
    kind: 'gauge',
    description: 'Whether a source of the names of containers answers.',
    source: 'source',
  },
})

/** What each cycle tells of itself. */
export const cycleNames = [scrapeError, scrapeDuration, scrapeErrors, containersScraped, nameSourceUp]
