import type { KnownDifference } from './state-page.ts'

/** Labels without one of them. */
function without(label: string) {
  return (labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...labels].filter(([name]) => name !== label))
}

/** What Weir tells otherwise than kube-state-metrics 2.16, and why: it follows 2.20 where that can be seen in no other way. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    metrics: [
      'kube_deployment_owner',
      'kube_horizontalpodautoscaler_created',
      'kube_job_status_ready',
      'kube_persistentvolume_access_mode',
    ],
    reason: 'there since 2.17 to 2.20',
    theirs: () => undefined,
  },
  {
    metrics: ['kube_certificatesigningrequest_condition'],
    reason: 'the condition `failed` is told since 2.17',
    theirs: (labels) => (labels.get('condition') === 'failed' ? undefined : labels),
  },
  {
    metrics: [
      'kube_horizontalpodautoscaler_spec_target_metric',
      'kube_horizontalpodautoscaler_status_target_metric',
    ],
    reason: 'the label `container` is there since 2.17, without which containers fall together',
    theirs: without('container'),
  },
  {
    metrics: ['kube_endpointslice_endpoints'],
    reason: '2.16 has the values of `hostname` and `terminating` the wrong way round, which 2.20 has mended',
    theirs: (labels) => {
      const exchanged = new Map(labels)
      for (const [one, other] of [
        ['hostname', 'terminating'],
        ['terminating', 'hostname'],
      ] as const)
        exchanged.set(one, labels.get(other) ?? '')
      return new Map([...exchanged].filter(([, value]) => value !== ''))
    },
  },
]
