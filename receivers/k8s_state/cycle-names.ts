import { metric } from '#src/naming/metric.ts'

export const lists = metric({
  fact: 'lists of a resource that were asked for, by result',
  source: 'counted since the cluster is known',
  by: ['resource', 'result'],
  prometheus: {
    name: 'kube_state_metrics_list_total',
    kind: 'counter',
    description: 'Lists of a resource that the API server was asked for.',
    resource: 'resource',
    result: 'result',
  },
})

export const watches = metric({
  fact: 'watches of a resource that were asked for, by result',
  source: 'counted since the cluster is known',
  by: ['resource', 'result'],
  prometheus: {
    name: 'kube_state_metrics_watch_total',
    kind: 'counter',
    description: 'Watches of a resource that the API server was asked for.',
    resource: 'resource',
    result: 'result',
  },
})

export const totalShards = metric({
  fact: 'instances that divide the objects among them',
  source: 'the option `sharding`, or the StatefulSet',
  by: [],
  prometheus: {
    name: 'kube_state_metrics_total_shards',
    kind: 'gauge',
    description: 'Instances that divide the objects among them.',
  },
})

export const shardOrdinal = metric({
  fact: 'which of them this one is',
  source: 'the option `sharding`, or the name of the pod',
  by: ['shard_ordinal'],
  prometheus: {
    name: 'kube_state_metrics_shard_ordinal',
    kind: 'gauge',
    description: 'Which of the instances that divide the objects this one is.',
    shard_ordinal: 'shard_ordinal',
  },
})

export const cycleDuration = metric({
  fact: 'seconds that the last cycle took',
  source: 'monotonic time around it',
  by: [],
  vm: {
    name: 'vm_kube_state_collector_scrape_duration_seconds',
    kind: 'gauge',
    description: 'Seconds that the last collection took.',
  },
})

export const apiErrors = metric({
  fact: 'requests for a resource that the API server did not answer as wanted',
  source: 'counted since the cluster is known',
  by: ['resource'],
  vm: {
    name: 'vm_kube_state_collector_api_errors_total',
    kind: 'counter',
    description: 'Requests to the API server that failed.',
    resource: 'resource',
  },
})

export const objectsTold = metric({
  fact: 'objects of a resource that are told',
  source: 'counted',
  by: ['resource'],
  vm: {
    name: 'vm_kube_state_collector_resources_scraped',
    kind: 'gauge',
    description: 'Objects of a resource that the last collection told.',
    resource: 'resource',
  },
})

/** What each cycle tells of itself. */
export const cycleNames = [lists, watches, totalShards, shardOrdinal, cycleDuration, apiErrors, objectsTold]
